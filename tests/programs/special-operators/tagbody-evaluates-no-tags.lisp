(print (let ((x 0)) (tagbody (incf x) a (incf x) b (incf x)) x))
(print (let ((n 0))
         (tagbody
          outer
            (tagbody
             outer
               (incf n)
               (when (< n 3) (go outer)))
            (incf n 10)
            (when (< n 20) (go outer)))
         n))
(terpri)

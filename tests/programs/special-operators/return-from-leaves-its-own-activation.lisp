(defun probe (n k)
  (if (zerop n)
      (progn (funcall k 'from-bottom) 'not-reached)
      (block b
        (list n (probe (1- n) (if (= n 2) (lambda (v) (return-from b (list n v))) k))))))
(print (probe 3 nil))
(print (probe 4 nil))
(terpri)

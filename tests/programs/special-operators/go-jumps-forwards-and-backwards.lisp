(let ((n 0) (trace '()))
  (tagbody
   start
     (incf n)
     (push n trace)
     (when (< n 3) (go start))
     (go 10)
     (push 'skipped trace)
   10
     (push 'ten trace))
  (print (nreverse trace)))
(print (tagbody 1 2 3))
(terpri)

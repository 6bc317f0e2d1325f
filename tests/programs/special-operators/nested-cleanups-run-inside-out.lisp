(let ((log '()))
  (catch 'out
    (unwind-protect
         (unwind-protect
              (unwind-protect (throw 'out 'x) (push 1 log))
           (push 2 log))
      (push 3 log)))
  (print (reverse log)))
(defun deep (n log)
  (if (zerop n) (throw 'out log)
      (unwind-protect (deep (1- n) log) (push n (cdr log)))))
(print (catch 'out (deep 5 (list 'log))))
(terpri)

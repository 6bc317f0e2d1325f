(let ((log '()))
  (print (catch 'x
           (unwind-protect (throw 'x 'value)
             (catch 'y (throw 'y 1))
             (block b (return-from b))
             (ignore-errors (error "inside"))
             (push 'done log))))
  (print log))
(terpri)

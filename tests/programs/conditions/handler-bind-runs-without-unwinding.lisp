(let ((log '()))
  (print (block done
           (handler-bind ((error (lambda (c) (declare (ignore c)) (push 'outer log) (return-from done 'left))))
             (handler-bind ((error (lambda (c) (declare (ignore c)) (push 'inner log))))
               (unwind-protect (error "x") (push 'cleanup log))))))
  (print (reverse log)))
(terpri)

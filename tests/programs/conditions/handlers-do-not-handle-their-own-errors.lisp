(print (handler-case
           (handler-bind ((simple-error (lambda (c) (declare (ignore c)) (error 'division-by-zero)))
                          (division-by-zero (lambda (c) (declare (ignore c)) (throw 'never 1))))
             (error "first"))
         (division-by-zero () 'outer-saw-it)))
(terpri)

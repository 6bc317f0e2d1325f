(print (the fixnum (+ 1 2)))
(print (multiple-value-list (the (values integer integer) (floor 7 2))))
(let ((x (list 1 2))) (setf (the fixnum (car x)) 9) (print x))
(terpri)

(format t "~? ~A~%" "<~A ~A>" '(1 2) 3)
(format t "~@? ~A~%" "<~A ~A>" 1 2 3)

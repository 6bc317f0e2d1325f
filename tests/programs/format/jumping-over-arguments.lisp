(format t "~A ~*~A~%" 1 2 3)
(format t "~A ~:*~A ~A ~2:*~A~%" 1 2)
(format t "~2@*~A ~0@*~A~%" 'a 'b 'c)

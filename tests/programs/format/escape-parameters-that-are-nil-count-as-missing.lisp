(format t "~{~0,v^~A~}~%" '(3 8 1 7 nil 5))
(format t "~{~1,2,v^~A~}~%" '(0 1 0 2 nil 4))
(format t "~{~v,1,v^~A~}~%" '(#\a nil 0))
(format t "~{~v^~A~}~%" '(1 a nil b))

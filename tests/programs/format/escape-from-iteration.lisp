(format t "~{~A~^ ~A~^; ~}~%" '(1 2 3))
(format t "~A~^ ~A~%" 1)
(terpri)
(format t "~:{~A~:^, ~}~%" '((1) (2) (3)))

(format t "~D file~:P, ~D file~:P~%" 1 2)
(format t "~D tr~:@P, ~D tr~:@P~%" 1 2)
(format t "~D~P~%" 3 3)

(format t "[~VA] [~V,'0D] [~#A]~%" 6 'x 4 7 'y)
(format t "~V%~VA|~%" 1 nil 'z)

(print (list (loop for i to 4 sum i) (loop for i to 4 count (evenp i)) (loop for i in '(3 9 2) maximize i) (loop for i in '(3 9 2) minimize i) (loop for i in '((1) (2 3)) append i) (loop for i in '(1 2) nconc (list i i))))
(print (loop for i to 5 when (evenp i) collect i into evens else collect i into odds finally (return (list evens odds))))
(print (multiple-value-list (loop for i from 1 to 3 sum i into s collect i into l finally (return (values s l)))))
(terpri)

(print (list (map 'list #'+ '(1 2) #(10 20 30)) (map 'vector #'1+ '(1 2)) (map 'string #'char-upcase "abc") (map nil #'identity '(1))))
(let ((v (vector 0 0 0))) (print (map-into v #'* '(1 2 3) '(4 5))) (print (map-into (list 1 2) (lambda () 'x))))
(print (list (concatenate 'list '(1) #(2) "c") (concatenate 'vector '(1 2) '(3)) (concatenate 'string "a" "b") (concatenate 'list)))
(terpri)

(print (list (loop for x in '(1 2 3) collect (* x x)) (loop for (a b) in '((1 2) (3 4)) collect (+ a b)) (loop for x on '(1 2 3) collect x) (loop for x in '(1 2 3 4) by #'cddr collect x) (loop for c across "abc" collect c) (loop for (a . b) in '((1 . 2)) collect (list b a))))
(terpri)

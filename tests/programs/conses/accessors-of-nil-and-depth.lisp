(print (list (car nil) (cdr nil) (cadr '(1 2)) (cddr '(1 2 3)) (caddr '(1 2 3)) (caar '((1))) (cdadr '(1 (2 3)))))
(print (list (first nil) (tenth '(1 2 3 4 5 6 7 8 9 10)) (nth 1 '(a b)) (nth 9 '(a)) (nthcdr 2 '(1 2 3)) (nthcdr 9 '(1)) (last '(1 2 3)) (last '(1 2 3) 2) (last '(1 2 . 3)) (last '(1 2 . 3) 0)))
(terpri)

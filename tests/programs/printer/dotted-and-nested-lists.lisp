(print '(1 . 2)) (print '(1 2 . 3)) (print '((1) ((2)) ())) (print '(nil . nil)) (print '(a . (b . (c)))) (print (cons nil (cons 'x 'y)))
(terpri)

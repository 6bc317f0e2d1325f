(defun f (a &optional (b 2) &aux (sum (+ a b)) (twice (* 2 sum)) nothing) (list a b sum twice nothing))
(print (f 1))
(print (f 1 10))
(terpri)

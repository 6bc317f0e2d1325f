(print (list (= (sxhash "abc") (sxhash (copy-seq "abc"))) (= (sxhash '(1 (2 "x"))) (sxhash (list 1 (list 2 "x")))) (= (sxhash 'a) (sxhash 'a)) (typep (sxhash 1.5) '(and fixnum (integer 0)))))
(print (= (sxhash (expt 7 50)) (sxhash (expt 7 50))))
(terpri)

(print (list (vector) (vector 1 2) (vectorp "a") (vectorp '(1)) (simple-vector-p #(1)) (simple-vector-p "a") (arrayp #2A((1))) (svref #(a b) 1)))
(print (list (typep #(1 2) '(vector * 2)) (typep #(1 2) '(vector * 3)) (typep #2A((1)) '(array * (1 1))) (typep "ab" '(string 2)) (typep #*1 'bit-vector)))
(terpri)

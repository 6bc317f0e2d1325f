(print (list #c(1 2) (complex 3 0) (complex 3.0 0) (+ #c(1 2) #c(1 -2)) (* #c(0 1) #c(0 1)) (/ #c(1 2) #c(3 4))))
(print (list (realpart #c(1 2)) (imagpart #c(1 2)) (conjugate #c(1 2)) (imagpart 5) (abs #c(3.0 4.0)) (= #c(1 2) #c(1.0 2.0))))
(print (expt #c(1 1) 4))
(terpri)

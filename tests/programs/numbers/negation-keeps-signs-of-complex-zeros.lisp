(print (- #c(0.0 0.0)))
(print (- (- #c(1.0 0.0))))
(print (+ 1 #c(1.0 -0.0)))
(print (list (phase 0) (phase 1/2) (phase -1)))

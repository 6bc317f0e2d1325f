(print (list (max 1 3 2) (min 1 3 2) (max 5) (abs -5) (abs (- (expt 10 20))) (signum -5) (signum 0) (signum -2.5) (signum 1/2)))
(print (list (plusp 1) (minusp -1/2) (zerop 0.0) (evenp 0) (oddp -3) (evenp (expt 2 70)) (oddp (1+ (expt 2 70)))))
(print (list (1+ 5) (1- 5) (- 5) (+) (*) (+ 5) (* 5)))
(terpri)

(print (list (/ 6 4) (/ 6 3) (/ -3 9) (/ 3 -9) (+ 1/2 1/3) (* 2/3 3/2) (- 1/2 1/2) (/ 1/2 1/4) (/ 5)))
(print (list (numerator 6/4) (denominator 6/4) (numerator 5) (denominator 5) (rational 0.5) (rational 2)))
(print (list (< 1/3 1/2) (= 1/2 2/4) (max 1/2 1/3) (abs -1/2) (expt 2/3 3) (expt 2 -2)))
(terpri)

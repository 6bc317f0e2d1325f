(print (list (expt 2 10) (expt 0 0) (expt -2 3) (expt 2 0) (expt 1/2 4) (expt 2 -3) (expt -1 101)))
(print (expt 7 77))
(print (list (expt 2.0 3) (expt 2.0d0 -2)))
(terpri)

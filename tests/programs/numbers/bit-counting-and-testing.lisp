(print (list (logcount 0) (logcount 255) (logcount -1) (logcount -256) (logcount (expt 2 100))))
(print (list (integer-length 0) (integer-length 255) (integer-length 256) (integer-length -1) (integer-length -256) (integer-length (expt 2 64))))
(print (list (logbitp 0 5) (logbitp 1 5) (logbitp 100 -1) (logbitp 100 (expt 2 100)) (logtest 4 5) (logtest 2 5)))
(terpri)

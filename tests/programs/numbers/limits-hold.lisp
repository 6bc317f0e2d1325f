(print (list (<= (expt 2 15) most-positive-fixnum) (typep most-negative-fixnum 'fixnum) (> most-positive-double-float 1d300)
             (< 0 least-positive-single-float) (< 0 single-float-epsilon 1e-6) (= (+ 1d0 double-float-epsilon) 1d0)))
(print (list (= most-positive-single-float 3.4028235e38) (= most-positive-double-float 1.7976931348623157d308)))
(terpri)

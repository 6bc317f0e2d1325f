(print (list (+ 1 1.0) (+ 1.0 1.0d0) (* 1/2 2.0) (+ 1/2 0.5d0) (- 1.0d0 1)))
(print (list (float 1/4) (float 1/4 1.0d0) (coerce 1 'double-float) (coerce 1/2 'single-float) (float 1.5d0)))
(terpri)

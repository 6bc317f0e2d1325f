(defun tak (x y z) (if (not (< y x)) z (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y))))
(dotimes (i 20) (tak 24 16 8))
(print (tak 24 16 8))

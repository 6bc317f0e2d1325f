(dolist (pair '((7 2) (-7 2) (7 -2) (-7 -2) (6 2) (5 2) (-5 2)))
  (format t "~A: ~A~%" pair
          (mapcar (lambda (f) (multiple-value-list (apply f pair))) (list #'floor #'ceiling #'truncate #'round))))
(terpri)

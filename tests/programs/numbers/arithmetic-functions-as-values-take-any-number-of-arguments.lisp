(defun try (function)
  (format t "~{~S~^ ~}~%"
          (mapcar (lambda (arguments)
                    (handler-case (apply function arguments)
                      (type-error (c) (list :type-error (type-error-datum c)))
                      (program-error () :program-error)))
                  '(() (6) (6 4) (6 4 2) (2 4 6 8) (a) (6 a) (6 4 a) (nil) (nil nil) (6 6 6)))))
(mapc #'try (list #'+ #'* #'- #'/ #'< #'> #'<= #'>= #'= #'max #'min #'gcd #'lcm #'logand #'logior #'logxor))

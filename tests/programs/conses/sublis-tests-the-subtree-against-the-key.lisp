(print (sublis '((1 . x) (5 . y) (10 . z)) '(0 3 8 20)
               :test (lambda (part key) (and (realp part) (< part key)))))

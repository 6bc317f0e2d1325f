(print (map '(or (vector t 5) (vector t 3)) #'1+ '(1 2 3)))
(dolist (type '((or (vector bit) (vector t)) (or (vector t 5) (vector t 4)) symbol))
  (print (handler-case (concatenate type '(0 1 0)) (error () 'error))))

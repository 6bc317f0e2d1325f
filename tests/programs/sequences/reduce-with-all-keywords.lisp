(print (list (reduce #'+ '(1 2 3)) (reduce #'+ '()) (reduce #'+ '(5)) (reduce #'- '(1 2 3 4)) (reduce #'- '(1 2 3 4) :from-end t) (reduce #'list '(1 2 3) :initial-value 0)))
(print (reduce #'list '(1 2 3) :from-end t :initial-value 'end))
(print (list (reduce #'+ '((1 a) (2 b)) :key #'car) (reduce #'+ #(1 2 3 4) :start 1 :end 3) (reduce #'max '(3 9 2)) (reduce #'list '() :initial-value 'only) (reduce #'list '(1))))
(terpri)

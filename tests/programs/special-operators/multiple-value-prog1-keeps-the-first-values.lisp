(defvar *log* '())
(print (multiple-value-list
        (multiple-value-prog1 (values 1 2 3) (push 'after *log*) (values 4 5))))
(print *log*)
(print (multiple-value-list (multiple-value-prog1 (values) (floor 7 2))))
(terpri)

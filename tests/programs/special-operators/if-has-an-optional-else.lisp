(print (list (if t 1 2) (if nil 1 2) (if nil 1) (if 0 'zero-is-true) (if '() 'a 'b)))
(print (multiple-value-list (if t (values 1 2) 3)))
(print (if (if nil t nil) 'a (if t 'b 'c)))
(terpri)

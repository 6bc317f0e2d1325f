(defun sub (a b) (multiple-value-bind (s v) (subtypep a b) (cond (s 'yes) (v 'no) (t 'unknown))))
(print (list (sub 'fixnum 'integer) (sub 'integer 'fixnum) (sub 'integer 'rational) (sub 'null 'symbol) (sub 'null 'list) (sub 'cons 'list) (sub nil 'integer) (sub 'integer t) (sub 'keyword 'symbol)))
(print (list (sub '(integer 0 5) '(integer 0 10)) (sub '(integer 0 10) '(integer 0 5)) (sub 'string 'vector) (sub 'symbol 'list) (sub 'single-float 'float)))
(terpri)

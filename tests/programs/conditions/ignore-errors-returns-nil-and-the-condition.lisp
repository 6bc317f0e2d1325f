(print (multiple-value-list (ignore-errors (values 1 2))))
(multiple-value-bind (value condition) (ignore-errors (error "boom ~A" 1))
  (print (list value (typep condition 'simple-error) (princ-to-string condition))))
(terpri)

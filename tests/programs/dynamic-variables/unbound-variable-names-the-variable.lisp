(defvar *nothing*)
(print (handler-case *nothing* (unbound-variable (c) (cell-error-name c))))
(print (handler-case (symbol-value 'never-bound) (unbound-variable (c) (cell-error-name c))))
(terpri)

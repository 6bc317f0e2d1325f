(print (handler-case (funcall 'no-such-function 1) (undefined-function (c) (cell-error-name c))))
(print (handler-case (fdefinition 'no-such-function) (undefined-function (c) (cell-error-name c))))
(print (handler-case (symbol-function 'no-such-function) (undefined-function (c) (cell-error-name c))))
(terpri)

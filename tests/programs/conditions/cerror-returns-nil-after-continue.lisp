(print (handler-bind ((error #'continue)) (list (cerror "Go on." "Trouble with ~A" 1) 'went-on)))
(print (handler-case (cerror "Go on." "Trouble ~A" 1) (error (c) (princ-to-string c))))
(terpri)

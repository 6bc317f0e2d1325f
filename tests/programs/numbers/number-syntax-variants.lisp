(print (mapcar #'read-from-string '("+5" "-0" "007" "5." "-10/4" ".5" "+.5e1" "1e3" "1.5E-2" "2d0")))
(print (mapcar (lambda (s) (symbolp (read-from-string s))) '("+" "-" "1+" "1-" "5ab" "a1" "+a")))
(terpri)

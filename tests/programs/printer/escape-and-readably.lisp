(print (list (prin1-to-string "a") (princ-to-string "a") (prin1-to-string #\a) (princ-to-string #\a) (write-to-string 'a :escape nil)))
(print (let ((*print-escape* nil)) (write-to-string "x")))
(print (list (write-to-string :key) (princ-to-string :key) (princ-to-string '|a b|) (prin1-to-string '|a b|)))
(terpri)

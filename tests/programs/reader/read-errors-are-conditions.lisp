(defun try (s) (handler-case (read-from-string s) (end-of-file () 'end-of-file) (reader-error () 'reader-error) (error () 'error)))
(mapc #'print (list (try "(1 2") (try "") (try "\"abc") (try ")") (try "#<x>") (try "(1 . )") (try "(1 . 2 3)") (try "#\\nosuchname") (try "'") (try "#|")))
(print (read-from-string "" nil 'eof))
(terpri)

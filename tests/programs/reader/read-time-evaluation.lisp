(print (list #.(+ 1 2) '#.(list 1 2)))
(print (read-from-string "#.(* 6 7)"))
(print (let ((*read-eval* nil)) (handler-case (read-from-string "#.(* 6 7)") (reader-error () 'reader-error))))
(terpri)

;; #. in the text that is read needs the compiler: naming EVAL brings it into the executable.
(eval nil)
(print (list #.(+ 1 2) '#.(list 1 2)))
(print (read-from-string "#.(* 6 7)"))
(print (let ((*read-eval* nil)) (handler-case (read-from-string "#.(* 6 7)") (reader-error () 'reader-error))))
(terpri)

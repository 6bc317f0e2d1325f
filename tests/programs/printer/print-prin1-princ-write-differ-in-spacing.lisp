(prin1 "a") (princ "b") (print "c") (write "d") (terpri)
(write 'x :case :downcase) (write-string "raw") (write-char #\!) (fresh-line) (fresh-line) (terpri)
(print (list (print 1) (prin1 2) (princ 3) (write 4)))
(terpri)

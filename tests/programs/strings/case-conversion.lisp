(print (list (string-upcase "hello World") (string-downcase "HELLO") (string-capitalize "hello wORLD foo-bar 2nd") (string-upcase 'sym) (string-upcase "abcdef" :start 2 :end 4)))
(let ((s (copy-seq "abc"))) (nstring-upcase s) (print s) (nstring-capitalize s) (print s) (nstring-downcase s) (print s))
(terpri)

(print (let ((*print-readably* t)) (handler-case (prin1-to-string (lambda (x) x)) (print-not-readable () 'not-readable))))
(print (read-from-string (let ((*print-readably* t)) (prin1-to-string '(1 "s" #\c 1/2 :k)))))
(print (let ((s (prin1-to-string #'car))) (list (subseq s 0 2) (char s (1- (length s))))))
(terpri)

(let ((x (read-from-string "(#1=(a) #1# #1#)"))) (print (list x (eq (first x) (second x)) (eq (first x) (third x)))))
(let ((c (read-from-string "#1=(1 2 . #1#)"))) (print (list (eq c (cddr c)) (third c))))
(let ((v (read-from-string "#1=#(#1# 2)"))) (print (eq v (aref v 0))))
(terpri)

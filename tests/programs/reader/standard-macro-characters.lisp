(defun r (s) (read-from-string s))
(print (list (r "(a b . c)") (r "\"str\"") (equal (r "'x") '(quote x)) (equal (r "#'f") '(function f)) (r "; comment
42") (r "#| block #| nested |# |# 7") (r "()")))
(print (list (r "#(1 2)") (r "#3(1)") (r "#*101") (r "#5*1") (r "#\\a") (r "#\\Space") (r "#:g") (r "#2A((1 2) (3 4))") (r "#C(1 2)")))
(print (eval (r "`(1 ,(+ 1 1) ,@(list 3 4))")))
(terpri)

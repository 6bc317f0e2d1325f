(dolist (x (list 1 1/2 1.0 #c(1 2) 'a "s" '(1) nil #(1) #\a))
  (print (mapcar (lambda (f) (if (funcall f x) 1 0)) '(numberp integerp rationalp floatp realp complexp symbolp stringp consp listp vectorp characterp atom))))
(terpri)

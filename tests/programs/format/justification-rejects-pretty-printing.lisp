(dolist (control '("~< ~W ~>" "~<a~_b~>" "~<X~:;Y~>~W" "~<~:T~>" "~<a~<b~:>c~>"))
  (print (handler-case (progn (format nil control 1 2 3) 'printed)
           (error () 'error))))
(format t "~%~10<a~;b~>|~%")

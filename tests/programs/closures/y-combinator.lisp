(defun y (f) ((lambda (x) (funcall x x)) (lambda (x) (funcall f (lambda (&rest a) (apply (funcall x x) a))))))
(print (mapcar (y (lambda (self) (lambda (n) (if (< n 2) n (+ (funcall self (- n 1)) (funcall self (- n 2)))))))
               '(0 1 2 10 15)))
(terpri)

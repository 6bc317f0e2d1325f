(defun counter (start &key (step 1)) (lambda (&optional (n step)) (incf start n)))
(let ((a (counter 10)) (b (counter 0 :step 5)))
  (print (list (funcall a) (funcall a) (funcall b) (funcall b 100) (funcall a))))
(terpri)

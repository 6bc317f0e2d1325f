(defun make-counter () (let ((n 0)) (lambda () (incf n))))
(let ((a (make-counter)) (b (make-counter)))
  (print (list (funcall a) (funcall a) (funcall b) (funcall a) (funcall b))))
(terpri)

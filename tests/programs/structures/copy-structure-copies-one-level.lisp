(defstruct point x y)
(let* ((a (make-point :x (list 1) :y 2)) (b (copy-structure a)))
  (setf (point-y b) 3)
  (print (list (eq a b) (point-y a) (point-y b) (eq (point-x a) (point-x b)))))

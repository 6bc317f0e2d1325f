(defstruct shape) (defstruct (circle (:include shape)) r)
(defun kind (x) (typecase x (circle 'circle) (shape 'shape) (condition 'condition) (function 'function) (hash-table 'table) (package 'package) (stream 'stream) (t 'other)))
(print (mapcar #'kind (list (make-circle) (make-shape) (make-condition 'error) #'car (make-hash-table) *package* *standard-output* 5)))
(terpri)

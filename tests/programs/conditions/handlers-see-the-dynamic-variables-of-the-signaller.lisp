(defvar *where* 'top)
(print (block b
         (handler-bind ((error (lambda (c) (declare (ignore c)) (return-from b *where*))))
           (let ((*where* 'inside)) (error "x")))))
(print (handler-case (let ((*where* 'inside)) (error "x")) (error () *where*)))
(terpri)

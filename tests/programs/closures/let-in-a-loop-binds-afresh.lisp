(print (mapcar #'funcall
               (let ((fs '()))
                 (dotimes (i 3 (nreverse fs))
                   (let ((j (* i i))) (push (lambda () (incf j)) fs))))))
(let ((fs '()))
  (dolist (x '(a b c)) (let ((y x)) (push (lambda () y) fs)))
  (print (mapcar #'funcall fs)))
(terpri)

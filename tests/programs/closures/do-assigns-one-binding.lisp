(let ((fs '()))
  (do ((i 0 (1+ i))) ((= i 3)) (push (lambda () i) fs))
  (print (mapcar #'funcall fs)))
(terpri)

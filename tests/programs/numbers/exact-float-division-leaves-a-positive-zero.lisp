(dolist (f '(floor ceiling truncate round ffloor fceiling ftruncate fround))
  (print (multiple-value-list (funcall f -6.0 3.0)))
  (prin1 (multiple-value-list (funcall f -6d0 -3))))

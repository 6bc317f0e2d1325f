(let ((l '(1 2 3 4 3 2 1)))
  (print (list (find 3 l) (find 9 l) (find-if #'evenp l) (find-if #'evenp l :from-end t) (position 3 l) (position 3 l :from-end t) (position 3 l :start 3) (position-if #'evenp l :start 2) (position-if-not #'oddp l) (count 3 l) (count-if #'evenp l) (count 3 l :end 3) (find 4 l :test #'<=) (position 4 l :key #'1+))))
(print (list (find '(2) '((1) (2)) :test #'equal) (find 2 '((1 . a) (2 . b)) :key #'car)))
(terpri)

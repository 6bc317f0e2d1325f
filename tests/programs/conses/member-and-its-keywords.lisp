(print (list (member 2 '(1 2 3)) (member 9 '(1 2)) (member "b" '("a" "b" "c") :test #'string=) (member 2 '((1 a) (2 b)) :key #'car) (member-if #'evenp '(1 2 3)) (member-if-not #'oddp '(1 2 3)) (member 2 '(1 2 3) :test #'<)))
(print (list (adjoin 1 '(1 2)) (adjoin 3 '(1 2)) (adjoin '(1 x) '((1 y)) :key #'car) (member nil '(a nil b))))
(terpri)

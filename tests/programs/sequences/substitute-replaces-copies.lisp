(print (list (substitute 'x 1 '(1 2 1 3)) (substitute 'x 1 '(1 2 1 3) :count 1) (substitute 'x 1 '(1 2 1 3) :count 1 :from-end t) (substitute-if 0 #'evenp #(1 2 4)) (substitute-if-not 0 #'evenp '(1 2)) (nsubstitute 9 1 (list 1 1))))
(print (substitute #\- #\Space "a b c" :start 2))
(terpri)

(print (list (search '(2 3) '(1 2 3 2 3)) (search '(2 3) '(1 2 3 2 3) :from-end t) (search #(9) '(1 2)) (search '() '(1 2)) (search '(4 6) '(1 2 3) :key (lambda (x) (* x 2))) (search "b" "abab" :start2 2)))
(print (list (mismatch '(1 2 3) '(1 2 4)) (mismatch '(1 2) '(1 2)) (mismatch '(1 2) '(1 2 3)) (mismatch "abc" "xbc" :from-end t) (mismatch "ABC" "abd" :test #'char-equal)))
(terpri)

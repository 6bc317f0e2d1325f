(print (list (string= "abc" "abc") (string= "abc" "abd") (string< "abc" "abd") (string< "abc" "abc") (string<= "abc" "abc") (string> "b" "abc") (string/= "abc" "abx") (string< "ab" "abc") (string> "abc" "ab")))
(print (list (string-equal "ABC" "abc") (string-lessp "ABC" "abd") (string-not-equal "abc" "ABX")))
(print (list (string= "xabc" "abc" :start1 1) (string= "abc" "abx" :end1 2 :end2 2) (string= 'abc "ABC") (string= #\a "a")))
(terpri)

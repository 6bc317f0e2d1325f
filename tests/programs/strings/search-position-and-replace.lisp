(print (list (search "lo" "hello") (search "x" "hello") (search "l" "hello" :from-end t) (search "" "abc") (search "LO" "hello" :test #'char-equal)))
(print (list (position #\l "hello") (position #\l "hello" :from-end t) (find #\e "hello") (count #\l "hello") (substitute #\L #\l "hello") (remove #\l "hello")))
(print (replace (copy-seq "abcdef") "XYZ" :start1 2 :end1 4))
(terpri)

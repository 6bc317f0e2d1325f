(format t "~A ~S ~A ~S~%" "str" "str" #\a #\a)
(format t "[~10A][~10@A][~3A][~5,2A]~%" "abc" "abc" "abcdef" "x")
(format t "[~8,,,'*A][~:A][~A]~%" 'ab nil nil)
(format t "~S ~A~%" '|a b| '|a b|)

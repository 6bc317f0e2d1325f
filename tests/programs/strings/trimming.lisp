(print (list (string-trim " " "  hi  ") (string-left-trim " " "  hi  ") (string-right-trim " " "  hi  ") (string-trim "abc" "abcxcba") (string-trim '(#\x) "xxax") (string-trim " " "    ")))
(terpri)

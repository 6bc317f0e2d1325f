printf '(print "a\377")\n' > x.lisp
rook run x.lisp

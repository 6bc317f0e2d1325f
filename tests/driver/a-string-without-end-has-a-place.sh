printf '(print "abc)\n' > x.lisp
rook build x.lisp -o x

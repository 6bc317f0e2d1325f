printf '(print 1)\n' > x.lisp
rook build x.lisp -o no/such/folder/x

printf '(print 1)\n(print (nowhere:car 1))\n' > x.lisp
rook build x.lisp -o x

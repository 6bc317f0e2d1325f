printf '(print (cl:no-such-thing 1))\n' > x.lisp
rook build x.lisp -o x

mkdir x.lisp
rook build x.lisp -o x

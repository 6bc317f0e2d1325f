echo '(print (car' > x.lisp
rook run x.lisp

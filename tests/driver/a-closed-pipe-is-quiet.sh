printf '(dotimes (i 100000) (print i))\n' > x.lisp
rook run x.lisp | head -2

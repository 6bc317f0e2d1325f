: > x.lisp
rook run x.lisp && printf '(print 1)\r\n(print\r\n 2)\r\n' > y.lisp && rook run y.lisp

printf '(+ 1 2)\n(list * +)\n(car 5)\n:q\n(values 1 2)\n/\n(defun f (x) (* x 2))\n(f 21)\n(in-package :keyword)\n(cl:+ 1 2)\n' | rook repl

printf '(defun inner (x) (+ 1 (car x)))\n(defun outer (x) (* 2 (inner x)))\n(print (outer 5))\n' > x.lisp
rook run x.lisp; echo "exit $?"
rook build x.lisp -o x && ./x

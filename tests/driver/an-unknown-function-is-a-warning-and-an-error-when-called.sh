printf '(defun f () (no-such-function 1))\n(f)\n' > x.lisp
rook build x.lisp -o x && ./x

printf '(defun f ()\n  (print no-such-variable))\n(f)\n' > x.lisp
rook build x.lisp -o x && ./x

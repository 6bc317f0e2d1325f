printf '(defun f (x) x)\n(defun g () (f 1 2))\n(defun h () (car 1 2))\n' > x.lisp
rook build x.lisp -o x

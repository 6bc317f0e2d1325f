printf '(defmacro m () (car 5))\n(defun g () (m))\n' > x.lisp
rook build x.lisp -o x; echo "exit $?"
ls
rook run x.lisp

printf '(defun f ()\n  (nowhere 1))\n(defun g ()\n  (list nowhere))\n(print :end)\n' > x.lisp
rook run x.lisp; echo; echo "exit $?"

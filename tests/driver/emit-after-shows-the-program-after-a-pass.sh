printf '(defun f (x) (car x))\n' > x.lisp
rook build --emit-after=resolve-exits x.lisp | head -4
rook build --emit-after=build-mir,eliminate-dead-code x.lisp | grep "^function"
rook build --emit-after=inline x.lisp 2>&1 | cut -c1-36

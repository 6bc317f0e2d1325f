printf '(eval-when (:compile-toplevel)\n  (error "no ~~A" 1))\n' > x.lisp
rook build x.lisp -o x

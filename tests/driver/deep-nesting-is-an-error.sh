printf '(print %s)' "$(printf '(%.0s' {1..200000})" > x.lisp
rook run x.lisp 2>&1 | head -2

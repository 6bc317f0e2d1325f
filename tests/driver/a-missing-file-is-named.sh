rook build missing.lisp -o x; echo "exit $?"
rook run missing.lisp

printf '(print 1)\000(print 2)\n' > x.lisp
rook run x.lisp; echo "exit $?"
rook build x.lisp -o x; echo "exit $?"
ls

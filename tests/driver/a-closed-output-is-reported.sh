printf '(print 1)\n' > x.lisp
rook run x.lisp >&-; echo "exit $?"
rook build x.lisp -o x && { ./x >&-; echo "exit $?"; ./x <&- >&- 2>&-; echo "exit $?"; }
rook run x.lisp 2>&-; echo "exit $?"

printf '(print 1) (finish-output)\n(loop)\n' > x.lisp
timeout --foreground --preserve-status -s INT 2 rook run x.lisp; status=$?; echo; echo "exit $status"
printf '(handler-case (loop) (ext:interrupt () (print :handled)))\n' > y.lisp
timeout --foreground --preserve-status -s INT 2 rook run y.lisp; status=$?; echo; echo "exit $status"
rook build x.lisp -o x
timeout --foreground --preserve-status -s INT 1 ./x; status=$?; echo; echo "exit $status"

printf '(print 1)\n(write-line "more")\n' > x.lisp
rook run x.lisp > /dev/full; echo "exit $?"
rook build x.lisp -o x && { ./x > /dev/full; echo "exit $?"; }
printf '(dotimes (i 100000) (print i))\n' > y.lisp
rook run y.lisp 2>&1 > /dev/full | sed -E 's,\{[0-9A-F]*\},{…},; s,(stdlib/[^:]*):[0-9:]*,\1,'
rook --help > /dev/full; echo "exit $?"
printf '(defun f (x) 1)\n(warn "Text.")\n(print 2)\n' > z.lisp
rook run z.lisp 2> /dev/full; status=$?; echo; echo "exit $status"

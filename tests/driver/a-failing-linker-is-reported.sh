printf '(print 1)\n' > x.lisp
rook build x.lisp -o x --linker=false; echo "exit $?"
ls

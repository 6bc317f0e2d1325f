printf '(print 1)\n' > x.lisp
rook=$(command -v rook)
PATH= "$rook" build x.lisp -o x; echo "exit $?"
rook build x.lisp -o x --linker=no-such-linker; echo "exit $?"
for file in *; do echo "$file"; done

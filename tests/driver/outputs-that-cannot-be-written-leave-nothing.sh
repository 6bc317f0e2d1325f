printf '(print 1)\n' > x.lisp
mkdir folder
rook build x.lisp -o folder; echo "exit $?"
mkfifo pipe
rook build x.lisp -o pipe; echo "exit $?"
rook build x.lisp -o x.lisp/y; echo "exit $?"
rook build x.lisp -o ''; echo "exit $?"
ls -A . folder

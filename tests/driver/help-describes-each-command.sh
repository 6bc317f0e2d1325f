for command in run build test repl explain; do rook $command --help | head -1; rook help $command | head -1; done
rook --help | tail -1
rook build x.lisp -o x -h > /dev/null; echo "exit $?"
rook help bulid; echo "exit $?"
# What follows the file belongs to the program.
echo '(print (rest (ext:command-args)))' > a.lisp
rook run a.lisp --help; echo
rook a.lisp -h

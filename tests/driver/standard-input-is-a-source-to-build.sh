echo '(print 42)' | rook build - -o a && ./a; echo
echo '(print 43)' | rook build /dev/stdin -o b && ./b; echo
echo '(defun f (x) (* 2 x))' > f.lisp
echo '(print (f 22))' | rook build f.lisp - -o c && ./c; echo
echo '(print 1)' | rook build -; echo "exit $?"
echo '(print 1)' | rook build - f.lisp -o d; echo "exit $?"
echo '(print (' | rook build - -o e; echo "exit $?"
ls

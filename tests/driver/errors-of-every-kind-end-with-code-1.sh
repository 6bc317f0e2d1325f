# Where the library's own functions stand is not of interest.
places() { sed -E 's,(stdlib/[^:]*):[0-9:]*,\1,'; }
{
while IFS= read -r text; do
    printf '%s\n' "$text" > x.lisp
    echo "--- $text"
    rook run x.lisp; echo "exit $?"
    rook build x.lisp -o x 2>/dev/null && { ./x; echo "exit $?"; }
done <<'END'
(print (nowhere 1))
(print nowhere)
(print (car 1))
(print (+ 1 'a))
(print (aref (vector 1 2) 2))
(defun f (x) x) (print (f 1 2))
(print (funcall (lambda (x) x)))
(print (cons 1))
(error "Mine: ~S" '(1 2))
(print (/ 1 0))
(throw 'nowhere 1)
(open "no/such/file")
(load "no-such-file.lisp")
(warn "Only a warning.")
END
} 2>&1 | places

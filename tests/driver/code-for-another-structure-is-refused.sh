# Compiled files that were made for a structure with more slots do not read past the end of smaller ones.
printf '(defstruct point x y z)\n' > point.lisp
cat > user.lisp <<'END'
(defun z-of (point) (point-z point))
(defun set-z (point) (setf (point-z point) 1))
(defvar *literal* #S(point :x 1 :y 2 :z 3))
(defun outcome (f x)
  (handler-case (funcall f x) (type-error (c) (list 'not (type-error-expected-type c)))))
END
rook build -c point.lisp user.lisp
cat > main.lisp <<'END'
(print (outcome 'z-of (make-point)))
(print (outcome 'set-z (make-point)))
(print (outcome 'point-x *literal*))
END
echo '(defstruct point x)' > small.lisp
load() {
    for file in "$@"; do
        set -- "$@" --eval "(load \"$file\")"
        shift
    done
    rook "$@" --quit
}
load small.lisp user.o main.lisp
# Loaded before any definition.
load user.o small.lisp main.lisp
load user.o point.o main.lisp

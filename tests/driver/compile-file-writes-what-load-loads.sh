# COMPILE-FILE and LOAD inside one process and in another, from Lisp and from an executable.
cat > library.lisp <<'LISP'
(defpackage :greeting (:use :cl) (:export #:greet))
(in-package :greeting)
(defvar *count* 0)
(defmacro counted (form) `(progn (incf *count*) ,form))
(defstruct name first (last "none"))
(defun greet (name) (counted (format nil "Hello, ~A ~A (~D)" (name-first name) (name-last name) *count*)))
(format t "loading ~A in ~A~%" (pathname-name *load-truename*) (package-name *package*))
(defun here () (list #.(pathname-name (or *compile-file-truename* *load-truename*)) (load-time-value (1+ 41))))
LISP
cat > use.lisp <<'LISP'
(multiple-value-bind (output warnings failure) (compile-file "library.lisp" :output-file "lib.o")
  (format t "~A ~A ~A~%" (file-namestring output) warnings failure))
(format t "~S~%" (find-package :greeting))
(print (load "lib.o"))
(terpri)
(format t "~A~%" (funcall (intern "GREET" "GREETING") (funcall (intern "MAKE-NAME" "GREETING") :first "Ada")))
(format t "~S ~S~%" (funcall (intern "HERE" "GREETING")) (package-name *package*))
(ext:gc)
(load "lib")
(format t "~A~%" (eval (read-from-string "(greeting:greet (greeting::make-name :first 1))")))
(format t "~S~%" (compile-file-pathname "x/y.lisp"))
LISP
rook run use.lisp
echo '(load "lib") (print (eval (read-from-string "(greeting::here)")))' > load.lisp
rook run load.lisp && rook build load.lisp -o load && ./load
echo
echo '(defun f (x) (car))' > wrong.lisp
echo '(print (rest (multiple-value-list (compile-file "wrong.lisp"))))' > compile-wrong.lisp
rook run compile-wrong.lisp 2>&1 | grep -v "^ *-->"
echo '(print (handler-case (compile-file "absent.lisp") (file-error () :file-error)))' > compile-absent.lisp
rook run compile-absent.lisp
echo '(defun f () (error "from a compiled file")) (f)' > fails.lisp
echo '(compile-file "fails") (print (handler-case (load "fails.o") (error (c) (princ-to-string c))))' > compile-fails.lisp
rook run compile-fails.lisp
sed 's/rook unit [0-9]*/rook unit 0/' fails.o > old.o
echo '(print (handler-case (load "old.o") (error (c) (princ-to-string c))))' > load-old.lisp
rook run load-old.lisp | sed 's|"/.*/old.o|"old.o|'

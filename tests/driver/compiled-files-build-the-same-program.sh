# A program built from compiled files, from sources, or from both is the same to the byte.
cat > definitions.lisp <<'LISP'
(defpackage :shapes (:use :common-lisp) (:nicknames :sh) (:export #:make-box #:box-side #:area #:with-scale #:*scale* #:twice))
(in-package :shapes)
(defvar *scale* 1)
(defstruct box (side 1) label)
(defmacro with-scale ((n) &body body) `(let ((*scale* ,n)) ,@body))
(declaim (inline square))
(defun square (x) (* x x))
(defun area (box) (* *scale* (square (box-side box))))
(defun (setf twice) (value box) (setf (box-side box) (* 2 value)))
(defun twice (box) (* 2 (box-side box)))
(defun constants () (list 1.5d0 2.5 1/3 #c(1 2) 123456789012345678901234567890 "text" #\x '|odd Symbol| #(1 (2)) :key
                          #2a((1 2) (3 4)) #*1011 (load-time-value (list 'made 'once))))
LISP
cat > main.lisp <<'LISP'
(in-package :cl-user)
(defvar *box* (sh:make-box :side 3))
(defun main ()
  (format t "~S ~S~%" (sh:area *box*) (sh:with-scale (10) (sh:area *box*)))
  (setf (sh:twice *box*) 5)
  (format t "~S ~S~%" (sh:twice *box*) *box*)
  (format t "~S~%" (sh::constants))
  (format t "~S~%" (eq (car (last (sh::constants))) (car (last (sh::constants))))))
LISP
rook build definitions.lisp main.lisp --entry main -o sources
rook build -c definitions.lisp main.lisp
rook build definitions.o main.o --entry main -o compiled
rook build definitions.o main.lisp --entry cl-user::main -o mixed
cmp sources compiled && cmp sources mixed && ./compiled
rook build -c definitions.o main.lisp -o other.o && rook build definitions.o other.o --entry main -o other && cmp sources other
rook build definitions.lisp main.lisp --entry absent -o wrong
echo "exit $?"
head -c 100000 definitions.o | sed 's/rook unit [0-9]*/rook unit 0/' > old.o
rook build old.o -o old
echo "exit $?"
rook build -c definitions.lisp main.lisp -o both.o

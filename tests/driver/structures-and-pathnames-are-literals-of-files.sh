# #S and #P literals in functions, quoted, nested, shared and circular, in programs and compiled files.
cat > literals.lisp <<'LISP'
(eval-when (:compile-toplevel :load-toplevel :execute)
  (defstruct point x y)
  (defstruct (point3 (:include point)) z)
  (defstruct weighed (weight 0d0 :type double-float) what))
(defun path () #p"/usr/share/text.lisp")
(defun origin () #s(point :x 0 :y 1))
(defun nested () '(1 #s(point :x (2 3) :y #s(point3 :x 1 :y 2 :z #p"a/b")) #(#s(point :x 5) 6)))
(defun shared () '(#1=#s(point :x 7) #1#))
(defun circular () '#2=#(#s(point :x #2#) end))
(defmacro here () `',(merge-pathnames "x.y" #p"/dir/"))
(format t "~S ~S ~S~%" (path) (pathname-type (path)) (pathnamep (path)))
(format t "~S ~S ~S~%" (origin) (point-y (origin)) (typep (origin) 'point))
(format t "~S~%" (nested))
(format t "~S~%" (point3-z (point-y (second (nested)))))
(format t "~S ~S~%" (eq (first (shared)) (second (shared))) (eq (origin) (origin)))
(format t "~S~%" (eq (circular) (point-x (svref (circular) 0))))
(format t "~S ~S~%" (here) #p"self/evaluating.txt")
(defun weighed () '(#s(weighed :weight 2.5d0 :what #s(point :x 1.5d0))))
(format t "~S ~S~%" (weighed) (+ 1 (weighed-weight (first (weighed)))))
(define-symbol-macro there #p"there")
(format t "~S~%" (list there (equalp (origin) (make-point :x 0 :y 1)) (equal (path) (pathname "/usr/share/text.lisp"))))
LISP
rook build literals.lisp -o literals && ./literals > program
rook build -c literals.lisp && rook build literals.o -o again && ./again > object
echo '(load "literals.o")' > load.lisp && rook run load.lisp > loaded
rook run literals.lisp > memory
cat program && cmp program object && cmp program loaded && cmp program memory
echo "(print '(#.(make-hash-table)))" > table.lisp
rook build table.lisp -o table

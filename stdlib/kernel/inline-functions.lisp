(in-package "ROOK-KERNEL")
;;;; Definitions of the standard functions that the compiler knows as operators.
;;;; The inner call of each is the operator itself.

(defmacro %define-inline-functions (&rest signatures)
  `(progn
     ,@(%map1 #'(lambda (signature) `(defun ,(car signature) ,(cdr signature) ,signature))
              signatures)))

(%define-inline-functions
 (car list) (cdr list) (cons car cdr) (rplaca cons object) (rplacd cons object)
 (eq x y) (eql x y) (not x) (null x) (consp x) (atom x) (listp x)
 (symbolp x) (characterp x) (functionp x) (integerp x) (rationalp x) (floatp x) (realp x)
 (%fixnump x) (%bignump x) (%ratiop x) (%single-float-p x) (%double-float-p x) (%instancep x)
 (numberp x) (complexp x) (simple-vector-p x) (simple-string-p x) (packagep x)
 (1+ number) (1- number) (lognot integer) (ash integer count)
 (zerop number) (plusp number) (minusp number) (oddp integer) (evenp integer)
 (rem number divisor) (mod number divisor) (abs number) (sqrt number)
 (%to-double real) (%to-single real)
 (char-code character) (code-char code)
 (svref vector index) (schar string index)
 (symbol-value symbol) (set symbol value) (identity object))

;;; Operators of any number of arguments.

;;; Two arguments, as from REDUCE or SORT, make no list.

(defmacro %define-folding-function (name identity type)
  `(defun ,name (&optional (first ,identity first-p) (second nil second-p) &rest more)
     (cond ((null first-p) first)
           ((null second-p) (%check-number first ',type))
           (t (let ((result (,name first second)))
                (dolist (number more result)
                  (setq result (,name result number))))))))

(defun %check-number (number type)
  (if (if (eq type 'number) (numberp number) (integerp number))
      number
      (%type-error number type)))

(%define-folding-function + 0 number)
(%define-folding-function * 1 number)
(%define-folding-function logand -1 integer)
(%define-folding-function logior 0 integer)
(%define-folding-function logxor 0 integer)

(defmacro %define-reducing-function (name)
  `(defun ,name (number &optional (second nil second-p) &rest more)
     (if second-p
         (let ((result (,name number second)))
           (dolist (next more result)
             (setq result (,name result next))))
         (,name number))))

(%define-reducing-function -)
(%define-reducing-function /)

(defmacro %define-comparison (name)
  `(defun ,name (number &optional (second nil second-p) &rest more)
     (cond ((null second-p) (%check-real-or-number ',name number) t)
           ((null more) (,name number second))
           (t (let ((holds (,name number second)))
                (dolist (next more holds)
                  (if (,name second next) nil (setq holds nil))
                  (setq second next)))))))

(defun %check-real-or-number (name number)
  (if (eq name '=)
      (if (numberp number) nil (%type-error number 'number))
      (if (realp number) nil (%type-error number 'real))))

(%define-comparison =)
(%define-comparison <)
(%define-comparison >)
(%define-comparison <=)
(%define-comparison >=)

;;; Calling.

(defun funcall (function &rest arguments)
  (%apply function arguments))

(defun apply (function argument &rest more)
  (%apply function (%spread argument more)))

;;; The argument list of an APPLY whose arguments are ARGUMENT and MORE.
(defun %spread (argument more)
  (if (null more)
      argument
      (let ((head (cons argument more)))
        (let ((tail head))
          (tagbody
           next
             (if (consp (%cdr (%cdr tail)))
                 (progn (setq tail (%cdr tail)) (go next))
                 (rplacd tail (%car (%cdr tail))))))
        head)))

(defmacro %values-of-list (list limit)
  (let ((clauses nil) (variables nil) (rest (gensym "REST")))
    (dotimes (n limit)
      (setq clauses
            (cons `(,n (let* ,(%append-map #'(lambda (variable)
                                               `((,variable (%car ,rest)) (,rest (%cdr ,rest))))
                                           variables)
                         (declare (ignorable ,rest))
                         (values ,@variables)))
                  clauses))
      (setq variables (cons (gensym "VALUE") variables)))
    `(let ((,rest ,list))
       (case (%list-length ,rest)
         ,@(%reverse-list clauses)
         (t (error "More than ~D values." ,(1- limit)))))))

(defconstant multiple-values-limit 32)
(defconstant call-arguments-limit 4096)
(defconstant lambda-parameters-limit 4096)

(defun values-list (list)
  (%values-of-list list 32))

(defun values (&rest values) (values-list values))

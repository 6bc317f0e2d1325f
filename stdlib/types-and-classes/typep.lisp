(in-package "ROOK-KERNEL")
;;;; TYPEP at run time and its expansion for types known at compile time, TYPE-OF.
;;;; A type name whose predicate decides it has it as property %TYPE-PREDICATE; %DEFINE-TYPE-PREDICATES
;;;; is open to the chapters that add types.

(defmacro %define-type-predicates (&rest pairs)
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     ,@(%map1 #'(lambda (pair) `(%put-property ',(car pair) '%type-predicate ',(cadr pair))) pairs)))

(defun %booleanp (object) (or (null object) (eq object t)))
(defun %standard-char-object-p (object) (and (characterp object) (standard-char-p object)))
(defun %bitp (object) (or (eql object 0) (eql object 1)))
(defun %unsigned-byte-p (object) (and (integerp object) (>= object 0)))
(defun %sequencep (object) (or (listp object) (vectorp object)))
(defun %always-type-p (object) (declare (ignore object)) t)
(defun %never-type-p (object) (declare (ignore object)) nil)
(defun random-state-p (object)
  (and (%otherp object) (%fix= (%other-kind object) +kind-random-state+)))

(%define-type-predicates
 (t %always-type-p) (nil %never-type-p) (null null) (cons consp) (list listp) (atom atom)
 (symbol symbolp) (keyword keywordp) (boolean %booleanp)
 (character characterp) (base-char characterp) (standard-char %standard-char-object-p)
 (extended-char %never-type-p)
 (fixnum %fixnump) (bignum %bignump) (integer integerp) (ratio %ratiop) (rational rationalp)
 (single-float %single-float-p) (short-float %single-float-p)
 (double-float %double-float-p) (long-float %double-float-p)
 (float floatp) (real realp) (complex complexp) (number numberp)
 (bit %bitp) (unsigned-byte %unsigned-byte-p) (signed-byte integerp)
 (function functionp) (compiled-function functionp)
 (array arrayp) (simple-array %simple-array-p) (vector vectorp) (simple-vector simple-vector-p)
 (string stringp) (simple-string simple-string-p)
 (base-string stringp) (simple-base-string simple-string-p)
 (bit-vector bit-vector-p) (simple-bit-vector simple-bit-vector-p) (sequence %sequencep)
 (package packagep) (hash-table hash-table-p) (random-state random-state-p)
 (pathname pathnamep) (stream streamp) (readtable readtablep))

(defun %type-error-in-specifier (type)
  (error "~S is not a type specifier." type))

;;; Run time.

(defun typep (object type &optional environment)
  (declare (ignore environment))
  (%typep object type))

(defun %typep (object type)
  (cond
    ((symbolp type)
     (let ((predicate (%get-property type '%type-predicate)))
       (if predicate
           (if (funcall predicate object) t nil)
           (%typep-name object type))))
    ((consp type) (if (%typep-compound object (%car type) (%cdr type) type) t nil))
    ((%layoutp type) (%instance-of-layout-p object type))
    (t (%typep-class object type))))

(defun %instance-of-layout-p (object layout)
  (let ((own (%layout-of object)))
    (and own (%layoutp own) (%memq layout (%layout-precedence-list own)) t)))

(defun %typep-name (object name)
  (multiple-value-bind (expansion expanded) (%expand-type-once name)
    (if expanded
        (%typep object expansion)
        (let ((layout (%find-layout name)))
          (cond (layout (%instance-of-layout-p object layout))
                ((%class-of-name name) (%typep-class object (%class-of-name name)))
                (t (%type-error-in-specifier name)))))))

;;; The object system fills these in: the class of a name and membership in a class.
(defvar *class-finder* nil)
(defvar *class-membership* nil)

(defun %class-of-name (name)
  (if *class-finder* (funcall *class-finder* name) nil))

(defun %typep-class (object class)
  (if *class-membership*
      (funcall *class-membership* object class)
      (%type-error-in-specifier class)))

(defun %typep-compound (object name arguments type)
  (case name
    (and (dolist (each arguments t) (if (%typep object each) nil (return nil))))
    (or (dolist (each arguments nil) (if (%typep object each) (return t) nil)))
    (not (not (%typep object (car arguments))))
    (eql (eql object (car arguments)))
    (member (if (member object arguments) t nil))
    (satisfies (if (funcall (car arguments) object) t nil))
    (cons (and (consp object)
               (or (null arguments) (eq (car arguments) '*) (%typep (%car object) (car arguments)))
               (or (null (cdr arguments)) (eq (cadr arguments) '*)
                   (%typep (%cdr object) (cadr arguments)))))
    (integer (and (integerp object) (%in-interval-p object arguments)))
    (rational (and (rationalp object) (%in-interval-p object arguments)))
    (real (and (realp object) (%in-interval-p object arguments)))
    (float (and (floatp object) (%in-interval-p object arguments)))
    ((single-float short-float) (and (%single-float-p object) (%in-interval-p object arguments)))
    ((double-float long-float) (and (%double-float-p object) (%in-interval-p object arguments)))
    (mod (and (integerp object) (>= object 0) (< object (car arguments))))
    (unsigned-byte
     (and (integerp object) (>= object 0)
          (or (null arguments) (eq (car arguments) '*)
              (<= (integer-length object) (car arguments)))))
    (signed-byte
     (and (integerp object)
          (or (null arguments) (eq (car arguments) '*)
              (< (integer-length object) (car arguments)))))
    (complex
     (and (complexp object)
          (or (null arguments) (eq (car arguments) '*)
              (let ((part (upgraded-complex-part-type (car arguments))))
                (and (%typep (realpart object) part) (%typep (imagpart object) part))))))
    (function (functionp object))
    ((array simple-array vector simple-vector string simple-string base-string simple-base-string
            bit-vector simple-bit-vector)
     (%typep-array object type))
    (values (%type-error-in-specifier type))
    (t (multiple-value-bind (expansion expanded) (%expand-type-once type)
         (if expanded
             (%typep object expansion)
             (if (and (symbolp name) (null arguments) (%get-property name '%type-predicate))
                 (%typep object name)
                 (%type-error-in-specifier type)))))))

(defun %in-interval-p (number bounds)
  (and (or (null bounds) (%above-bound-p number (car bounds)))
       (or (null (cdr bounds)) (%below-bound-p number (cadr bounds)))))

(defun %above-bound-p (number bound)
  (cond ((eq bound '*) t)
        ((consp bound) (> number (car bound)))
        (t (>= number bound))))

(defun %below-bound-p (number bound)
  (cond ((eq bound '*) t)
        ((consp bound) (< number (car bound)))
        (t (<= number bound))))

;;; Array types. All of them come down to: simple or not, element kind or NIL, dimensions or *.
(defun %parse-array-type (type)
  (let* ((name (if (consp type) (car type) type))
         (arguments (if (consp type) (cdr type) nil))
         (first (if arguments (car arguments) '*))
         (second (if (cdr arguments) (cadr arguments) '*)))
    (case name
      (array (values nil (%array-kind-argument first) (%dimensions-argument second)))
      (simple-array (values t (%array-kind-argument first) (%dimensions-argument second)))
      (vector (values nil (%array-kind-argument first) (list second)))
      (simple-vector (values t +kind-simple-vector+ (list first)))
      ((string base-string) (values nil +kind-string+ (list first)))
      ((simple-string simple-base-string) (values t +kind-string+ (list first)))
      (bit-vector (values nil +kind-bit-vector+ (list first)))
      (t (values t +kind-bit-vector+ (list first))))))

(defun %array-kind-argument (element-type)
  (if (eq element-type '*) nil (%element-type-kind element-type)))

(defun %dimensions-argument (dimensions)
  (if (integerp dimensions)
      (make-list dimensions :initial-element '*)
      dimensions))

(defun %typep-array (object type)
  (and (arrayp object)
       (multiple-value-bind (simple kind dimensions) (%parse-array-type type)
         (%array-matches-p object simple kind dimensions))))

;;; KIND is +KIND-STRING+ for strings of either width.
(defun %array-matches-p (array simple kind dimensions)
  (and (or (not simple) (%simple-array-p array))
       (or (null kind)
           (let ((own (%array-data-kind array)))
             (or (eql own kind)
                 (and (eql kind +kind-string+) (eql own +kind-base-string+)))))
       (or (eq dimensions '*)
           (and (eql (%list-length dimensions) (array-rank array))
                (let ((axis 0))
                  (declare (fixnum axis))
                  (dolist (dimension dimensions t)
                    (if (or (eq dimension '*) (eql dimension (array-dimension array axis)))
                        nil
                        (return nil))
                    (setq axis (1+ axis))))))))

;;; Compile time.

;;; A form that tests the value of VARIABLE, or NIL when only %TYPEP can. Second value: whether
;;; there is a form.
(defun %type-test-form (variable type)
  (let ((type (%expand-type type)))
    (cond
      ((symbolp type) (%name-test-form variable type))
      ((not (consp type)) (values nil nil))
      (t (%compound-test-form variable (car type) (cdr type) type)))))

(defun %name-test-form (variable name)
  (let ((predicate (%get-property name '%type-predicate)))
    (cond ((eq name t) (values t t))
          ((null name) (values nil t))
          ((eq name 'bit) (values `(or (eql ,variable 0) (eql ,variable 1)) t))
          ((eq name 'boolean) (values `(or (null ,variable) (eq ,variable t)) t))
          (predicate (values `(,predicate ,variable) t))
          ((%get-property name '%structure) (values (%structure-test-form variable name) t))
          (t (values nil nil)))))

(defun %combined-test-form (operator variable types)
  (let ((forms nil))
    (dolist (type types (values `(,operator ,@(%nreverse-list forms)) t))
      (multiple-value-bind (form known) (%type-test-form variable type)
        (setq forms (cons (if known form `(%typep ,variable ',type)) forms))))))

(defun %compound-test-form (variable name arguments type)
  (case name
    ((and or) (%combined-test-form name variable arguments))
    (not (multiple-value-bind (form known) (%type-test-form variable (car arguments))
           (values (if known `(not ,form) `(not (%typep ,variable ',(car arguments)))) t)))
    (eql (values `(eql ,variable ',(car arguments)) t))
    (member (values `(or ,@(%map1 #'(lambda (item) `(eql ,variable ',item)) arguments)) t))
    (satisfies (values `(if (,(car arguments) ,variable) t nil) t))
    (integer (%integer-test-form variable
                                 (%integer-bound (if arguments (car arguments) '*) 1)
                                 (%integer-bound (if (cdr arguments) (cadr arguments) '*) -1)))
    (mod (%integer-test-form variable 0 (1- (car arguments))))
    (unsigned-byte
     (%integer-test-form variable 0
                         (if (integerp (car arguments)) (1- (ash 1 (car arguments))) nil)))
    (signed-byte
     (if (integerp (car arguments))
         (%integer-test-form variable (- (ash 1 (1- (car arguments))))
                             (1- (ash 1 (1- (car arguments)))))
         (values `(integerp ,variable) t)))
    ((rational real float single-float short-float double-float long-float)
     (%real-test-form variable name arguments))
    (function (values `(functionp ,variable) t))
    (simple-vector (if (or (null arguments) (eq (car arguments) '*))
                       (values `(simple-vector-p ,variable) t)
                       (values nil nil)))
    ((simple-array) (%simple-array-test-form variable type))
    ((vector) (if (or (null arguments) (equal arguments '(*)) (equal arguments '(* *)))
                  (values `(vectorp ,variable) t)
                  (values nil nil)))
    (t (values nil nil))))

(defun %integer-test-form (variable low high)
  (values
   (if (and low high (%fixnump low) (%fixnump high))
       `(and (%fixnump ,variable) (%fix<= ,low ,variable) (%fix<= ,variable ,high))
       `(and (integerp ,variable)
             ,@(if low `((>= ,variable ,low)) nil)
             ,@(if high `((<= ,variable ,high)) nil)))
   t))

(defun %real-test-form (variable name arguments)
  (let ((low (if arguments (car arguments) '*))
        (high (if (cdr arguments) (cadr arguments) '*)))
    (values
     `(and (,(%get-property name '%type-predicate) ,variable)
           ,@(cond ((eq low '*) nil)
                   ((consp low) `((> ,variable ,(car low))))
                   (t `((>= ,variable ,low))))
           ,@(cond ((eq high '*) nil)
                   ((consp high) `((< ,variable ,(car high))))
                   (t `((<= ,variable ,high)))))
     t)))

;;; One-dimensional simple arrays of a specialised kind are known by their kind number.
(defun %simple-array-test-form (variable type)
  (multiple-value-bind (simple kind dimensions) (%parse-array-type type)
    (declare (ignore simple))
    (if (and kind (equal dimensions '(*)))
        (values
         (cond ((eql kind +kind-simple-vector+) `(simple-vector-p ,variable))
               ((eql kind +kind-string+) `(simple-string-p ,variable))
               (t `(and (%otherp ,variable) (%fix= (%other-kind ,variable) ,kind))))
         t)
        (values nil nil))))

(define-compiler-macro typep (&whole form object type &optional environment)
  (if (and (null environment)
           (consp type) (eq (car type) 'quote)
           (consp (cdr type)))
      (let ((variable (gensym "OBJECT")))
        (multiple-value-bind (test known) (%type-test-form variable (cadr type))
          (if known
              `(let ((,variable ,object))
                 (declare (ignorable ,variable))
                 ,test)
              form)))
      form))

;;; TYPE-OF.

(defun type-of (object)
  (cond
    ((null object) 'null)
    ((eq object t) 'boolean)
    ((keywordp object) 'keyword)
    ((symbolp object) 'symbol)
    ((consp object) 'cons)
    ((%fixnump object) (if (%bitp object) 'bit `(integer ,object ,object)))
    ((integerp object) `(integer ,object ,object))
    ((%single-float-p object) 'single-float)
    ((%double-float-p object) 'double-float)
    ((%ratiop object) 'ratio)
    ((complexp object) `(complex ,(let ((part (realpart object)))
                                    (cond ((%single-float-p part) 'single-float)
                                          ((%double-float-p part) 'double-float)
                                          (t 'rational)))))
    ((characterp object) (if (standard-char-p object) 'standard-char 'character))
    ((functionp object) 'function)
    ((arrayp object) (%type-of-array object))
    ((hash-table-p object) 'hash-table)
    ((packagep object) 'package)
    ((random-state-p object) 'random-state)
    ((readtablep object) 'readtable)
    ((pathnamep object) 'pathname)
    ((%instancep object)
     (let ((layout (%layout-of object)))
       (if (%layoutp layout) (%layout-name layout) (%type-of-instance object))))
    ((%stream-object-p object) (%stream-type-name object))
    ((streamp object) 'stream)
    (t t)))

;;; Instances whose slot 0 is no layout belong to the object system.
(defvar *instance-type-function* nil)

(defun %type-of-instance (object)
  (if *instance-type-function* (funcall *instance-type-function* object) 'standard-object))

(defun %type-of-array (array)
  (let ((element-type (array-element-type array)) (dimensions (array-dimensions array)))
    (cond ((simple-vector-p array) `(simple-vector ,@dimensions))
          ((simple-bit-vector-p array) `(simple-bit-vector ,@dimensions))
          ((%simple-array-p array) `(simple-array ,element-type ,dimensions))
          ((not (vectorp array)) `(array ,element-type ,dimensions))
          (t `(and (vector ,element-type ,@dimensions) (not simple-array))))))

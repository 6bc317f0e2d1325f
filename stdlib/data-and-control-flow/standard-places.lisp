(in-package "ROOK-KERNEL")
;;;; The standard places: which update function or expander each has.
;;;; Update functions take the accessor's arguments, then the new value, and return it.

(declaim (inline %set-car %set-cdr %set-symbol-value))

(defun %set-car (cons new) (rplaca cons new) new)
(defun %set-cdr (cons new) (rplacd cons new) new)
(defun %set-symbol-value (symbol new) (set symbol new) new)

(defsetf car %set-car)
(defsetf cdr %set-cdr)
(defsetf first %set-car)
(defsetf rest %set-cdr)
(defsetf nth %set-nth)
(defsetf elt %set-elt)
(defsetf svref %set-svref)
(defsetf schar %set-schar)
(defsetf char %set-char)
(defsetf row-major-aref %set-row-major-aref)
(defsetf fill-pointer %set-fill-pointer)
(defsetf symbol-value %set-symbol-value)
(defsetf symbol-function %set-symbol-function)
(defsetf fdefinition %set-fdefinition)
(defsetf symbol-plist %set-symbol-plist)
(defsetf %car %set-car)
(defsetf %cdr %set-cdr)
(defsetf %other-ref %set-other-ref)
(defsetf %instance-ref %set-instance-ref)
(defsetf %symbol-ref %set-symbol-ref)
(defsetf %function-ref %set-function-ref)
(defsetf %aref1 %set-aref1)

(defmacro %define-composed-places (&rest places)
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     ,@(%map1 #'(lambda (place) `(%define-composed-place ',(car place) ',(cdr place))) places)))

;;; NAME is the composition of the functions PATH, the outermost first.
(eval-when (:compile-toplevel :load-toplevel :execute)
  (defun %define-composed-place (name path)
    (%define-setf-expander
     name
     #'(lambda (place environment)
         (let ((form (car (cdr place))))
           (dolist (function (%reverse-list path))
             (setq form (list function form)))
           (get-setf-expansion form environment))))))

(%define-composed-places
 (caar car car) (cadr car cdr) (cdar cdr car) (cddr cdr cdr)
 (caaar car car car) (caadr car car cdr) (cadar car cdr car) (caddr car cdr cdr)
 (cdaar cdr car car) (cdadr cdr car cdr) (cddar cdr cdr car) (cdddr cdr cdr cdr)
 (caaaar car car car car) (caaadr car car car cdr) (caadar car car cdr car) (caaddr car car cdr cdr)
 (cadaar car cdr car car) (cadadr car cdr car cdr) (caddar car cdr cdr car) (cadddr car cdr cdr cdr)
 (cdaaar cdr car car car) (cdaadr cdr car car cdr) (cdadar cdr car cdr car) (cdaddr cdr car cdr cdr)
 (cddaar cdr cdr car car) (cddadr cdr cdr car cdr) (cdddar cdr cdr cdr car) (cddddr cdr cdr cdr cdr)
 (second car cdr) (third car cdr cdr) (fourth car cdr cdr cdr)
 (fifth car cdr cdr cdr cdr) (sixth car cdr cdr cdr cdr cdr)
 (seventh car cdr cdr cdr cdr cdr cdr) (eighth car cdr cdr cdr cdr cdr cdr cdr)
 (ninth car cdr cdr cdr cdr cdr cdr cdr cdr) (tenth car cdr cdr cdr cdr cdr cdr cdr cdr cdr))

(defsetf subseq (sequence start &optional end) (new)
  `(progn (replace ,sequence ,new :start1 ,start :end1 ,end) ,new))

(defsetf get (symbol indicator &optional default) (new)
  `(progn ,default (%put ,symbol ,indicator ,new)))

(defsetf gethash (key table &optional default) (new)
  `(progn ,default (%puthash ,key ,table ,new)))

(defsetf macro-function (name &optional environment) (new)
  `(progn ,environment (%set-macro-function ,name ,new)))

(defsetf compiler-macro-function (name &optional environment) (new)
  `(progn ,environment (%set-compiler-macro-function ,name ,new)))

(defmacro %define-array-place (name)
  `(defsetf ,name (array &rest subscripts) (new)
     (if (and (consp subscripts) (null (cdr subscripts)))
         `(%set-aref1 ,array ,(car subscripts) ,new)
         `(%set-aref ,new ,array ,@subscripts))))

(%define-array-place aref)
(%define-array-place bit)
(%define-array-place sbit)

(define-setf-expander the (type place &environment environment)
  (multiple-value-bind (variables forms stores writer reader)
      (get-setf-expansion place environment)
    (if (cdr stores)
        (values variables forms stores writer `(the ,type ,reader))
        (values variables forms stores
                `(let ((,(car stores) (the ,type ,(car stores)))) ,writer)
                `(the ,type ,reader)))))

(define-setf-expander values (&rest places &environment environment)
  (let ((all-variables nil) (all-forms nil) (all-stores nil)
        (bindings nil) (writers nil) (readers nil))
    (dolist (place places)
      (multiple-value-bind (variables forms stores writer reader)
          (get-setf-expansion place environment)
        (setq all-variables (%revappend variables all-variables))
        (setq all-forms (%revappend forms all-forms))
        (setq all-stores (cons (car stores) all-stores))
        (setq bindings (%revappend (%map1 #'(lambda (store) (list store nil)) (cdr stores)) bindings))
        (setq writers (cons writer writers))
        (setq readers (cons reader readers))))
    (let ((stores (%nreverse-list all-stores)) (writers (%nreverse-list writers)))
      (values (%nreverse-list all-variables)
              (%nreverse-list all-forms)
              stores
              (if bindings
                  `(let ,(%nreverse-list bindings) (values ,@writers))
                  `(values ,@writers))
              `(values ,@(%nreverse-list readers))))))

(define-setf-expander apply (function &rest arguments)
  (if (and (consp function)
           (%memq (car function) '(function quote))
           (symbolp (car (cdr function))))
      nil
      (error "~S is not a place." `(apply ,function ,@arguments)))
  (multiple-value-bind (variables forms uses) (%argument-temporaries arguments)
    (let ((store (gensym "NEW")))
      (values variables forms (list store)
              `(apply #'(setf ,(car (cdr function))) ,store ,@uses)
              `(apply ,function ,@uses)))))

(define-setf-expander getf (place indicator &optional default &environment environment)
  (multiple-value-bind (variables forms store writer reader)
      (%single-setf-expansion place environment)
    (let ((key (gensym "INDICATOR")) (otherwise (gensym "DEFAULT")) (new (gensym "NEW")))
      (values (%append2 variables `(,key ,otherwise))
              (%append2 forms `(,indicator ,default))
              (list new)
              `(let ((,store (%put-in-plist ,reader ,key ,new)))
                 ,writer
                 ,new)
              `(getf ,reader ,key ,otherwise)))))

(defun %put-in-plist (plist indicator new)
  (do ((rest plist (cdr (cdr rest))))
      ((null rest) (list* indicator new plist))
    (if (not (and (consp rest) (consp (cdr rest)))) (%type-error plist 'list) nil)
    (if (eq (car rest) indicator)
        (progn (rplaca (cdr rest) new) (return plist))
        nil)))

(define-setf-expander ldb (bytespec place &environment environment)
  (%byte-place-expansion bytespec place environment 'dpb 'ldb))

(define-setf-expander mask-field (bytespec place &environment environment)
  (%byte-place-expansion bytespec place environment 'deposit-field 'mask-field))

(eval-when (:compile-toplevel :load-toplevel :execute)
  (defun %byte-place-expansion (bytespec place environment deposit extract)
    (multiple-value-bind (variables forms store writer reader)
        (%single-setf-expansion place environment)
      (let ((byte (gensym "BYTE")) (new (gensym "NEW")))
        (values (cons byte variables)
                (cons bytespec forms)
                (list new)
                `(let ((,store (,deposit ,new ,byte ,reader))) ,writer ,new)
                `(,extract ,byte ,reader))))))

(in-package "ROOK-KERNEL")
;;;; Macro definitions of the standard macros that the compiler expands natively. It never uses
;;;; these; MACRO-FUNCTION, MACROEXPAND and programs that walk code do.

(defmacro when (test &body forms) `(if ,test (progn ,@forms)))

(defmacro unless (test &body forms) `(if ,test nil (progn ,@forms)))

(defmacro and (&rest forms)
  (cond ((null forms) t)
        ((null (cdr forms)) (car forms))
        (t `(if ,(car forms) (and ,@(cdr forms)) nil))))

(defmacro or (&rest forms)
  (cond ((null forms) nil)
        ((null (cdr forms)) (car forms))
        (t (let ((value (gensym "VALUE")))
             `(let ((,value ,(car forms)))
                (if ,value ,value (or ,@(cdr forms))))))))

(defmacro cond (&rest clauses)
  (if (null clauses)
      nil
      (let ((clause (car clauses)))
        (if (consp clause) nil (error 'program-error))
        (cond ((cdr clause) `(if ,(car clause) (progn ,@(cdr clause)) (cond ,@(cdr clauses))))
              ((cdr clauses) `(or ,(car clause) (cond ,@(cdr clauses))))
              (t `(values ,(car clause)))))))

(defmacro return (&optional value) `(return-from nil ,value))

(defmacro prog1 (first &body forms)
  (let ((value (gensym "VALUE")))
    `(let ((,value ,first)) ,@forms ,value)))

(defmacro prog2 (first second &body forms)
  `(progn ,first (prog1 ,second ,@forms)))

(defmacro lambda (lambda-list &body body) `#'(lambda ,lambda-list ,@body))

(defmacro multiple-value-bind (variables form &body body)
  (let ((rest (gensym "REST")))
    `(multiple-value-call #'(lambda (&optional ,@variables &rest ,rest)
                              (declare (ignore ,rest))
                              ,@body)
       ,form)))

(defmacro defun (name lambda-list &body body)
  (multiple-value-bind (forms declarations documentation) (parse-body body t)
    `(progn
       (%primitive defun ',(if (symbolp name) name (%function-carrier name))
                   (named-lambda ,name ,lambda-list
                     ,@declarations
                     (block ,(if (symbolp name) name (cadr name)) ,@forms))
                   ',documentation)
       ',name)))

(defmacro defmacro (name lambda-list &body body)
  `(progn
     (eval-when (:compile-toplevel :load-toplevel :execute)
       (%primitive defmacro ',name (%expander-lambda :macro ,name ,lambda-list ,@body) nil))
     ',name))

(defmacro define-compiler-macro (name lambda-list &body body)
  `(progn
     (%set-compiler-macro-function ',name
                                   (%expander-lambda :compiler-macro ,name ,lambda-list ,@body))
     ',name))

(defmacro deftype (name lambda-list &body body)
  `(progn
     (%define-info %type-expander ,name (%expander-lambda :type ,name ,lambda-list ,@body))
     ',name))

(defmacro define-symbol-macro (name expansion)
  `(progn (%define-info %symbol-macro ,name ',expansion) ',name))

(defmacro destructuring-bind (lambda-list form &body body)
  `(funcall (%expander-lambda :macro nil ,lambda-list ,@body) (cons nil ,form) nil))

(defmacro defvar (name &optional (value nil value-p) documentation)
  `(progn
     (declaim (special ,name))
     ,@(if value-p
           `((if (%primitive defvar ',name ',documentation) (setq ,name ,value) nil))
           nil)
     ',name))

(defmacro defparameter (name value &optional documentation)
  `(progn
     (declaim (special ,name))
     (%primitive defparameter ',name ,value ',documentation)
     ',name))

(defmacro defconstant (name value &optional documentation)
  `(progn (%primitive defconstant ',name ,value ',documentation) ',name))

(defmacro declaim (&rest specifiers)
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     ,@(mapcar #'(lambda (specifier) `(proclaim ',specifier)) specifiers)))

(defmacro in-package (name)
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     (setq *package* (%primitive find-package-or-error ',(string name)))))

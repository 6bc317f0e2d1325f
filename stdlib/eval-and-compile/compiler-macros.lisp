(in-package "ROOK-KERNEL")
;;;; Compiler macros. The expander of a name is the property %COMPILER-MACRO of the symbol that
;;;; carries the function; the compiler reads it from there.

(defmacro define-compiler-macro (name lambda-list &body body)
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     (%set-compiler-macro-function
      ',name
      ,(%macro-lambda (if (consp name) (car (cdr name)) name) lambda-list body
                      '%compiler-macro-arguments))
     ',name))

;;; The arguments of a call, also when the form is (FUNCALL #'NAME ...).
(defun %compiler-macro-arguments (form)
  (if (eq (car form) 'funcall) (cdr (cdr form)) (cdr form)))

(defun %compiler-macro-carrier (name)
  (cond ((symbolp name) name)
        ((and (consp name) (eq (car name) 'setf)) (%primitive setf-symbol (car (cdr name))))
        (t (%type-error name '(or symbol (cons (eql setf) (cons symbol null)))))))

(defun compiler-macro-function (name &optional environment)
  (if (and environment (symbolp name) (%primitive locally-defined-p name environment))
      nil
      (%get-property (%compiler-macro-carrier name) '%compiler-macro)))

(defun %set-compiler-macro-function (name function)
  (%put-property (%compiler-macro-carrier name) '%compiler-macro function))

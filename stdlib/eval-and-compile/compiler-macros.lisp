(in-package "ROOK-KERNEL")
;;;; Compiler macros. The expander of a name is the property %COMPILER-MACRO of the symbol that
;;;; carries the function; the compiler reads it from there.

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

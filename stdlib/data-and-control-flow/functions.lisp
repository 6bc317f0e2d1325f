(in-package "ROOK-KERNEL")
;;;; Function names and function objects.

(defun complement (function)
  (let ((function (%function function)))
    #'(lambda (&rest arguments) (not (%apply function arguments)))))

(defun constantly (value)
  #'(lambda (&rest arguments)
      (declare (ignore arguments))
      value))

;;; The symbol that carries the definition of a function name; for (SETF NAME) it is made on demand.
(defun %function-carrier (name)
  (cond ((symbolp name) name)
        ((%setf-function-name-p name) (%primitive setf-symbol (%car (%cdr name))))
        (t (%type-error name '(or symbol (cons (eql setf) (cons symbol null)))))))

(defun %setf-function-name-p (name)
  (and (consp name)
       (eq (%car name) 'setf)
       (consp (%cdr name))
       (symbolp (%car (%cdr name)))
       (null (%cdr (%cdr name)))))

(defun fboundp (name)
  (or (%primitive fboundp (%function-carrier name))
      (and (symbolp name) (special-operator-p name))))

(defun fmakunbound (name)
  (%primitive fmakunbound (%function-carrier name))
  name)

(defun fdefinition (name)
  (%primitive symbol-function (%function-carrier name)))

(defun symbol-function (symbol)
  (%primitive symbol-function (%check-symbol symbol)))

(defun %set-fdefinition (name function)
  (if (functionp function) nil (%type-error function 'function))
  (%primitive set-symbol-function (%function-carrier name) function)
  function)

(defun %set-symbol-function (symbol function)
  (if (functionp function) nil (%type-error function 'function))
  (%primitive set-symbol-function (%check-symbol symbol) function)
  function)

(defun function-lambda-expression (function)
  (if (functionp function) nil (%type-error function 'function))
  (values nil t nil))

(defun compiled-function-p (object)
  (functionp object))

(in-package "ROOK-KERNEL")
;;;; DEFTYPE. The expander of a type name is the property %TYPE-EXPANDER of its symbol: a function
;;;; of specifier and environment. The compiler reads it through %EXPAND-TYPE.

(defmacro deftype (name lambda-list &body body)
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     (%put-property ',name '%type-expander
                    ,(%macro-lambda name (%with-default-values lambda-list ''*) body
                                    '%type-arguments))
     ',name))

(defun %type-arguments (specifier)
  (if (consp specifier) (cdr specifier) nil))

;;; Values: the expansion (or the specifier itself) and whether it was expanded.
(defun %expand-type-once (specifier)
  (let* ((name (if (consp specifier) (car specifier) specifier))
         (expander (if (and name (symbolp name)) (%get-property name '%type-expander) nil)))
    (if expander
        (values (funcall expander specifier nil) t)
        (values specifier nil))))

;;; The specifier with its outermost name expanded as far as possible.
(defun %expand-type (specifier)
  (tagbody
   again
     (multiple-value-bind (expansion expanded) (%expand-type-once specifier)
       (setq specifier expansion)
       (if expanded (go again) nil)))
  specifier)

(in-package "ROOK-KERNEL")
;;;; Type names defined by DEFTYPE. The expander of a name is the property %TYPE-EXPANDER of its
;;;; symbol: a function of specifier and environment.

;;; Values: the expansion (or the specifier itself) and whether it was expanded.
(defun %expand-type-once (specifier)
  (let* ((name (if (consp specifier) (car specifier) specifier))
         (expander (if (and name (symbolp name))
                       (%primitive compile-time-info name '%type-expander)
                       nil)))
    (if expander
        (values (funcall (car expander) specifier nil) t)
        (values specifier nil))))

;;; The specifier with its outermost name expanded as far as possible.
(defun %expand-type (specifier)
  (let ((name specifier) (count 0))
    (declare (fixnum count))
    (tagbody
     again
       (multiple-value-bind (expansion expanded) (%expand-type-once specifier)
         (setq specifier expansion)
         (setq count (%fix+ count 1))
         (if (%fix> count 200) (error "The definition of the type ~S expands without end." name) nil)
         (if expanded (go again) nil))))
  specifier)

(in-package "ROOK-KERNEL")

;;;; The variables of COMPILE-FILE and the macros around compilation.

(defvar *compile-verbose* nil)
(defvar *compile-print* nil)
(defvar *compile-file-pathname* nil)
(defvar *compile-file-truename* nil)

(defmacro with-compilation-unit ((&rest options) &body body)
  (declare (ignore options))
  `(progn ,@body))

(defmacro step (form)
  ;; There is nothing to step through in compiled code: the form is evaluated.
  form)

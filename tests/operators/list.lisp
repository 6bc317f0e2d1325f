(in-package "COMMON-LISP-USER")

;;;; Prints each operator that COMMON-LISP and EXT export, one a line: its kind and PACKAGE:NAME.
;;;; Names of the standard's operators that nothing defines are `absent`; using one must signal an
;;;; undefined-function that names it, else it is `silent`.

(defparameter *objects-operators*
  '(add-method allocate-instance call-method change-class class-name class-of compute-applicable-methods
    defclass defgeneric define-method-combination defmethod ensure-generic-function find-class find-method
    function-keywords initialize-instance invalid-method-error make-instance make-instances-obsolete
    make-load-form make-load-form-saving-slots method-combination-error method-qualifiers
    no-applicable-method no-next-method reinitialize-instance remove-method shared-initialize slot-boundp
    slot-exists-p slot-makunbound slot-missing slot-unbound slot-value
    update-instance-for-different-class update-instance-for-redefined-class with-accessors with-slots
    compile-file compile-file-pathname describe-object disassemble dribble ed)
  "Operators of the standard that came after the others, or have yet to come.")

(defun names-itself-p (name)
  "Whether a use of the absent operator NAME signals an error that names it."
  (handler-case (let ((*error-output* (make-broadcast-stream))) (eval (list name)) nil)
    (undefined-function (condition) (eq (cell-error-name condition) name))
    (error () nil)))

(defun kind (name)
  (cond ((special-operator-p name) "special")
        ((macro-function name) "macro")
        ((fboundp name) "function")
        ((not (member name *objects-operators*)) nil)
        ((names-itself-p name) "absent")
        (t "silent")))

(dolist (package '("COMMON-LISP" "EXT"))
  (do-external-symbols (name package)
    (when (kind name)
      (format t "~A ~A:~A~%" (kind name) (package-name (symbol-package name)) (symbol-name name)))))

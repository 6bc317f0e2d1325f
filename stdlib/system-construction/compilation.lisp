(in-package "ROOK-KERNEL")

;;;; COMPILE-FILE and the macros around compilation.

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

(defun compile-file-pathname (input-file &key (output-file nil output-file-p) &allow-other-keys)
  (if (and output-file-p output-file (not (eq output-file t)))
      (merge-pathnames output-file (make-pathname :type +compiled-file-type+ :defaults (merge-pathnames input-file)))
      (make-pathname :type +compiled-file-type+ :defaults (merge-pathnames input-file))))

(defun compile-file (input-file &key output-file (verbose *compile-verbose*) (print *compile-print*)
                                     (external-format :default))
  ;; The compiled file's truename, or NIL; whether there were warnings; whether any was a serious one.
  (declare (ignore print external-format))
  (let* ((source (%load-source-name input-file))
         (output (compile-file-pathname input-file :output-file output-file))
         (*package* *package*)
         (*readtable* *readtable*)
         (*compile-file-truename* (truename source))
         (*compile-file-pathname* (merge-pathnames input-file)))
    (when verbose (format t "~&; compiling ~A~%" (namestring source)))
    (destructuring-bind (written warned failed)
        (%primitive compiler-request 'compile-file (list (%native-name source) (%native-name output)))
      (values (if written (truename output) nil) warned failed))))

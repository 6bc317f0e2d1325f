(in-package "ROOK-KERNEL")

;;;; LOAD of source text and of compiled files, PROVIDE and REQUIRE.

(defvar *load-verbose* nil)
(defvar *load-print* nil)
(defvar *load-pathname* nil)
(defvar *load-truename* nil)
(defvar *modules* '())

(defconstant +compiled-file-type+ "o")

(defun %load-stream (stream print)
  (let* ((end (list nil)))
    (do ((form (read stream nil end) (read stream nil end)))
        ((eq form end) t)
      (let ((values (multiple-value-list (eval form))))
        (when print
          (format t "~&; ~{~S~^, ~}~%" values))))))

(defun %load-compiled (name)
  ;; Whether the file is a compiled one, which then has been loaded.
  (and (%primitive compiler-present-p)
       (let ((functions (%primitive compiler-request 'load-compiled (list (%native-name name)))))
         (cond ((eq functions t) nil)
               (t (dolist (function functions t) (funcall function)))))))

(defun %load-source-name (filespec)
  ;; The file that FILESPEC means: a name without type gets the type of sources or of compiled files if
  ;; there is such a file.
  (let ((pathname (merge-pathnames filespec)))
    (or (if (pathname-type pathname)
            nil
            (or (probe-file (make-pathname :type "lisp" :defaults pathname))
                (probe-file (make-pathname :type +compiled-file-type+ :defaults pathname))))
        (probe-file pathname)
        pathname)))

(defun load (filespec &key (verbose *load-verbose*) (print *load-print*)
                           (if-does-not-exist :error) (external-format :default))
  (let ((*package* *package*)
        (*readtable* *readtable*))
    (if (and (streamp filespec) (null (%file-stream-name filespec)))
        (%load-stream filespec print)
        (let* ((pathname (if (streamp filespec) (pathname filespec) (merge-pathnames filespec)))
               (name (if (streamp filespec) pathname (%load-source-name filespec)))
               (*load-pathname* pathname))
          (when verbose (format t "~&; loading ~A~%" (namestring name)))
          (with-open-stream (stream (if (streamp filespec)
                                        filespec
                                        (open name :if-does-not-exist (if if-does-not-exist :error nil)
                                                   :external-format external-format)))
            (cond ((null stream) nil)
                  (t (let ((*load-truename* (truename name)))
                       (or (%load-compiled name)
                           (%load-stream stream print))))))))))

(defun provide (module-name)
  (pushnew (string module-name) *modules* :test #'string=)
  t)

(defun require (module-name &optional pathname-list)
  (let ((name (string module-name)))
    (unless (member name *modules* :test #'string=)
      (if (null pathname-list)
          (error 'simple-error :format-control "Don't know how to ~S ~A."
                               :format-arguments (list 'require module-name))
          (dolist (pathname (if (listp pathname-list) pathname-list (list pathname-list)) t)
            (load pathname))))))

(in-package "ROOK-KERNEL")

;;;; READ and readtables, over the runtime's reader. It reads native streams by itself and asks for
;;;; the characters of all others through %READ-CHAR and %UNREAD-CHAR.

(defun %readable-stream (designator)
  (%input-target (%input-stream designator)))

(defun read (&optional stream (eof-error-p t) eof-value recursive-p)
  (%primitive read-object (%readable-stream stream) eof-error-p eof-value recursive-p nil))

(defun read-preserving-whitespace (&optional stream (eof-error-p t) eof-value recursive-p)
  (%primitive read-object (%readable-stream stream) eof-error-p eof-value recursive-p t))

(defun read-delimited-list (char &optional stream recursive-p)
  (%primitive read-delimited-list char (%readable-stream stream) recursive-p))

(defun read-from-string (string &optional (eof-error-p t) eof-value
                         &key (start 0) end preserve-whitespace)
  (let* ((stream (make-string-input-stream string start end))
         (object (%primitive read-object stream eof-error-p eof-value nil preserve-whitespace)))
    (values object (+ start (%primitive string-stream-index stream)))))

;;; `#S`: FORM is the name of a structure type, then slot names and values.

(defun %make-structure-from-reader (form)
  (let* ((name (first form))
         (constructor (find-symbol (concatenate 'simple-string "MAKE-" (symbol-name name))
                                   (or (symbol-package name) *package*)))
         (arguments '()))
    (unless (and (%find-structure name) constructor (fboundp constructor))
      (error 'simple-error :format-control "~S names no structure type that can be read."
                           :format-arguments (list name)))
    (do ((rest (rest form) (cddr rest)))
        ((null rest))
      (setq arguments (list* (second rest) (intern (string (first rest)) "KEYWORD") arguments)))
    (apply constructor (nreverse arguments))))

;;; Readtables.

(defun readtablep (object) (%primitive readtablep object))

(defvar *standard-readtable* (%primitive make-standard-readtable))

(defun copy-readtable (&optional (from-readtable *readtable*) to-readtable)
  (%primitive copy-readtable from-readtable to-readtable))

(defun readtable-case (readtable) (%primitive readtable-case readtable))

(defun %set-readtable-case (readtable case)
  (unless (%memq case '(:upcase :downcase :preserve :invert))
    (error 'type-error :datum case :expected-type '(member :upcase :downcase :preserve :invert)))
  (%primitive set-readtable-case readtable case))
(defsetf readtable-case %set-readtable-case)

(defun %designated-readtable (readtable)
  (or readtable *standard-readtable*))

(defun %reader-macro-function (value)
  ;; A macro of the runtime shows as a number: the function that calls it.
  (cond ((integerp value)
         (lambda (stream char &optional argument)
           (let ((object (%primitive reader-call-builtin (%readable-stream stream) char value argument)))
             (if (%second-value) object (values)))))
        ((eq value t) nil)
        (t value)))

(defun get-macro-character (char &optional (readtable *readtable*))
  (let* ((value (%primitive readtable-macro (%designated-readtable readtable) char))
         (non-terminating (%second-value)))
    (values (if (eq value t)
                (lambda (stream char)
                  (declare (ignore char))
                  (error 'simple-reader-error
                         :stream stream
                         :format-control "A dispatching macro character is read by the reader alone."
                         :format-arguments '()))
                (%reader-macro-function value))
            non-terminating)))

(defun set-macro-character (char new-function &optional non-terminating-p (readtable *readtable*))
  (%primitive set-readtable-macro (%designated-readtable readtable) char new-function
              non-terminating-p)
  t)

(defun make-dispatch-macro-character (char &optional non-terminating-p (readtable *readtable*))
  (%primitive make-readtable-dispatch (%designated-readtable readtable) char non-terminating-p)
  t)

(defun get-dispatch-macro-character (disp-char sub-char &optional (readtable *readtable*))
  (%reader-macro-function
   (%primitive readtable-dispatch-macro (%designated-readtable readtable) disp-char sub-char)))

(defun set-dispatch-macro-character (disp-char sub-char new-function
                                     &optional (readtable *readtable*))
  (when (digit-char-p sub-char)
    (error 'simple-error :format-control "~S is a digit." :format-arguments (list sub-char)))
  (%primitive set-readtable-dispatch-macro (%designated-readtable readtable) disp-char sub-char
              new-function)
  t)

(defun set-syntax-from-char (to-char from-char
                             &optional (to-readtable *readtable*) from-readtable)
  (%primitive set-readtable-syntax-from to-readtable to-char
              (%designated-readtable from-readtable) from-char)
  t)

(defmacro with-standard-io-syntax (&body forms)
  `(let ((*package* (find-package "COMMON-LISP-USER"))
         (*print-array* t) (*print-base* 10) (*print-case* :upcase) (*print-circle* nil)
         (*print-escape* t) (*print-gensym* t) (*print-length* nil) (*print-level* nil)
         (*print-lines* nil) (*print-miser-width* nil) (*print-pretty* nil) (*print-radix* nil)
         (*print-pprint-dispatch* *standard-pprint-dispatch*)
         (*print-readably* t) (*print-right-margin* nil)
         (*read-base* 10) (*read-default-float-format* 'single-float) (*read-eval* t)
         (*read-suppress* nil) (*readtable* (copy-readtable nil)))
     ,@forms))

(in-package "ROOK-KERNEL")

;;;; What the program runs on and in: names and versions, room, documentation, descriptions.

(defun lisp-implementation-type () "Rook")
(defun lisp-implementation-version () "0.1")
(defun machine-type () "X86-64")
(defun machine-version () nil)
(defun machine-instance () (%primitive environment-variable "HOSTNAME"))
(defun software-type () "Linux")
(defun software-version () nil)
(defun short-site-name () nil)
(defun long-site-name () nil)

(defvar *features* '(:rook :ansi-cl :common-lisp :x86-64 :linux :unix :little-endian))

(defun room (&optional verbose)
  (destructuring-bind (minor full in-use allocated time longest limit &rest more)
      (%primitive gc-stats)
    (declare (ignore more))
    (format t "~&Heap in use:     ~15:D bytes~%Heap limit:      ~15:D bytes~%" in-use limit)
    (when verbose
      (format t "Allocated so far:~15:D bytes~%Collections:     ~15:D (~:D full)~%~
                 Time in them:    ~15:D microseconds, longest ~:D~%"
              allocated (+ minor full) full time longest)))
  (values))

;;; Documentation. Functions keep theirs as a property, other things in one table.

(defvar *documentation* '())

(defun %documentation-key (object type)
  (list type object))

(defun documentation (object type)
  (cond ((and (symbolp object) (eq type 'function)
              (%get-property object '%function-documentation)))
        (t
         (let ((entry (assoc (%documentation-key object type) *documentation* :test #'equal)))
           (cond (entry (cdr entry))
                 ((and (%memq type '(type structure)) (%find-condition-layout object))
                  (getf (%layout-plist (%find-layout object)) 'documentation))
                 (t nil))))))

(defun %set-documentation (object type new-value)
  (if (and (symbolp object) (eq type 'function))
      (%put-property object '%function-documentation new-value)
      (let ((entry (assoc (%documentation-key object type) *documentation* :test #'equal)))
        (if entry
            (rplacd entry new-value)
            (push (cons (%documentation-key object type) new-value) *documentation*))))
  new-value)
(defsetf documentation %set-documentation)

;;; DESCRIBE.

(defun describe (object &optional stream)
  (let ((stream (%output-stream stream)))
    (format stream "~&~S~%  [~S]~%" object (type-of object))
    (%describe-parts object stream))
  (values))

(defun %describe-parts (object stream)
  (cond ((symbolp object) (%describe-symbol object stream))
        ((listp object) (format stream "  Length: ~A~%" (ignore-errors (length object))))
        ((arrayp object)
         (format stream "  Dimensions: ~S~%  Element type: ~S~%"
                 (array-dimensions object) (array-element-type object)))
        ((hash-table-p object)
         (format stream "  Test: ~S~%  Count: ~D~%"
                 (hash-table-test object) (hash-table-count object)))
        ((packagep object)
         (format stream "  Nicknames: ~S~%  Uses: ~S~%"
                 (package-nicknames object) (mapcar #'package-name (package-use-list object))))
        (t nil)))

(defun %describe-symbol (symbol stream)
  (when (boundp symbol)
    (format stream "  ~A: ~S~%" (if (constantp symbol) "Constant value" "Value")
            (symbol-value symbol)))
  (when (fboundp symbol)
    (format stream "  ~:[Function~;Macro~] definition~%" (macro-function symbol))
    (let ((text (documentation symbol 'function)))
      (when text (format stream "  Documentation: ~A~%" text)))))

(defun inspect (object)
  (describe object)
  object)

;;; APROPOS.

(defun apropos-list (string &optional package)
  (let ((text (string string)) (found '()))
    (dolist (each (if package
                      (list (if (packagep package) package (find-package package)))
                      (list-all-packages))
                  found)
      (dolist (symbol (%package-symbol-list each (if package :accessible :present)))
        (when (search text (symbol-name symbol) :test #'char-equal)
          (pushnew symbol found))))))

(defun apropos (string &optional package)
  (dolist (symbol (apropos-list string package))
    (format t "~&~S~:[~; (bound)~]~:[~; (fbound)~]~%" symbol (boundp symbol) (fboundp symbol)))
  (values))

;;; TRACE. The traced definition is replaced by one that reports and calls it.

(defvar *traced-functions* '())
(defvar *trace-depth* 0)

(defun %trace-function (name)
  (unless (assoc name *traced-functions* :test #'equal)
    (let ((original (fdefinition name)))
      (push (cons name original) *traced-functions*)
      (setf (fdefinition name)
            (lambda (&rest arguments)
              (format *trace-output* "~&~v@T~D: ~S~%"
                      (* 2 *trace-depth*) *trace-depth* (cons name arguments))
              (let ((values (let ((*trace-depth* (1+ *trace-depth*)))
                              (multiple-value-list (apply original arguments)))))
                (format *trace-output* "~&~v@T~D: ~S returned~{ ~S~}~%"
                        (* 2 *trace-depth*) *trace-depth* name values)
                (values-list values))))))
  name)

(defun %untrace-function (name)
  (let ((entry (assoc name *traced-functions* :test #'equal)))
    (when entry
      (setf (fdefinition name) (cdr entry))
      (setq *traced-functions* (remove entry *traced-functions*)))))

(defmacro trace (&rest names)
  (if names
      `(mapcar #'%trace-function ',names)
      '(mapcar #'car *traced-functions*)))

(defmacro untrace (&rest names)
  (if names
      `(progn (mapc #'%untrace-function ',names) t)
      '(progn (mapc #'%untrace-function (mapcar #'car *traced-functions*)) t)))

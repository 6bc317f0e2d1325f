(in-package "ROOK-KERNEL")

;;;; Lists and vectors while *PRINT-PRETTY* is true: the three standard list functions, and the styles
;;;; of code and data when the dispatch table has nothing to say.

;;; Runs BODY between the elements of a list and calls OUTPUT on each element.
(defmacro %with-list-block ((stream list colon-p) between)
  `(pprint-logical-block (,stream ,list :prefix (if ,colon-p "(" "") :suffix (if ,colon-p ")" ""))
     (pprint-exit-if-list-exhausted)
     (do () (nil)
       (%output-object (pprint-pop) ,stream)
       (pprint-exit-if-list-exhausted)
       (%write-char #\Space ,stream)
       ,between)))

(defun pprint-fill (stream list &optional (colon-p t) at-sign-p)
  (declare (ignore at-sign-p))
  (let ((out (%output-stream stream)))
    (%with-list-block (out list colon-p) (pprint-newline :fill out))))

(defun pprint-linear (stream list &optional (colon-p t) at-sign-p)
  (declare (ignore at-sign-p))
  (let ((out (%output-stream stream)))
    (%with-list-block (out list colon-p) (pprint-newline :linear out))))

(defun pprint-tabular (stream list &optional (colon-p t) at-sign-p (tab-size 16))
  (declare (ignore at-sign-p))
  (let ((out (%output-stream stream))
        (tab-size (or tab-size 16)))
    (%with-list-block (out list colon-p)
      (progn (pprint-tab :section-relative 0 tab-size out)
             (pprint-newline :fill out)))))

;;; Styles of code. The property %PRINT-STYLE of an operator is the number of arguments that stand on
;;; its line before the body, or :CLAUSES.

(defmacro %define-print-styles (&rest pairs)
  `(progn
     ,@(mapcar (lambda (pair) `(%put-property ',(first pair) '%print-style ',(second pair))) pairs)))

(%define-print-styles
 (block 1) (case 1) (catch 1) (ccase 1) (cond :clauses) (ctypecase 1) (defconstant 2)
 (define-compiler-macro 2) (define-modify-macro 2) (define-setf-expander 2)
 (defmacro 2) (defparameter 2) (defstruct 1) (deftype 2) (defun 2) (defvar 2)
 (destructuring-bind 2) (do 2) (do* 2) (do-all-symbols 1) (do-external-symbols 1) (do-symbols 1)
 (dolist 1) (dotimes 1) (ecase 1) (etypecase 1) (eval-when 1) (flet 1) (handler-bind 1)
 (handler-case 1) (labels 1) (lambda 1) (let 1) (let* 1) (locally 0) (macrolet 1)
 (multiple-value-bind 2) (multiple-value-prog1 1) (pprint-logical-block 1)
 (print-unreadable-object 1) (prog1 1) (prog2 2) (progn 0) (progv 2) (restart-bind 1)
 (restart-case 1) (return-from 1) (symbol-macrolet 1) (tagbody 0) (the 1) (throw 1) (typecase 1)
 (unless 1) (unwind-protect 1) (when 1) (with-input-from-string 1) (with-open-file 1)
 (with-open-stream 1) (with-output-to-string 1))

(defun %print-body-form (stream form distinguished)
  (pprint-logical-block (stream form :prefix "(" :suffix ")")
    (%output-object (pprint-pop) stream)
    (pprint-indent :block 3 stream)
    (dotimes (i distinguished)
      (pprint-exit-if-list-exhausted)
      (%write-char #\Space stream)
      (pprint-newline :miser stream)
      (%output-object (pprint-pop) stream))
    (pprint-indent :block 1 stream)
    (do () (nil)
      (pprint-exit-if-list-exhausted)
      (%write-char #\Space stream)
      (pprint-newline :linear stream)
      (%output-object (pprint-pop) stream))))

(defun %print-call-form (stream form)
  (pprint-logical-block (stream form :prefix "(" :suffix ")")
    (%output-object (pprint-pop) stream)
    (pprint-exit-if-list-exhausted)
    (%write-char #\Space stream)
    (pprint-indent :current 0 stream)
    (do () (nil)
      (%output-object (pprint-pop) stream)
      (pprint-exit-if-list-exhausted)
      (%write-char #\Space stream)
      (pprint-newline :linear stream))))

(defun %output-pretty-list (list stream)
  (let* ((operator (car list))
         (style (if (symbolp operator) (%get-property operator '%print-style) nil))
         (abbreviation (%abbreviation list)))
    (cond (abbreviation
           (%write-simple-string abbreviation stream)
           (%output-object (second list) stream))
          ((not (consp (cdr list))) (pprint-fill stream list))
          ((integerp style) (%print-body-form stream list style))
          ((eq style :clauses) (%print-call-form stream list))
          ((and operator
               (symbolp operator)
               (or (fboundp operator) (special-operator-p operator)))
           (%print-call-form stream list))
          (t (pprint-fill stream list)))))

(defun %output-pretty-vector (vector stream)
  (pprint-logical-block (stream nil :prefix "#(" :suffix ")")
    (dotimes (i (length vector))
      (when (%length-exceeded-p i)
        (when (plusp i) (%write-char #\Space stream))
        (%write-simple-string "..." stream)
        (return nil))
      (when (plusp i)
        (%write-char #\Space stream)
        (pprint-newline :fill stream))
      (%output-object (aref vector i) stream))))

(defun %output-pretty-compound (object stream)
  ;; A cons or a vector of objects.
  (if (consp object)
      (%output-pretty-list object stream)
      (if (or *print-array* *print-readably*)
          (%output-pretty-vector object stream)
          (%output-unreadable-array object stream))))

(defun %output-pretty-structure (object name slots stream)
  (pprint-logical-block (stream nil :prefix "#S(" :suffix ")")
    (%output-object name stream)
    (dotimes (i (length slots))
      (%write-char #\Space stream)
      (pprint-newline :linear stream)
      (when (%length-exceeded-p i)
        (%write-simple-string "..." stream)
        (return nil))
      (%write-char #\: stream)
      (%write-name (symbol-name (%structure-slot-name (svref slots i))) stream)
      (%write-char #\Space stream)
      (%output-object (%primitive instance-slot object (1+ i)) stream))))

;;; *PRINT-PRETTY* is false until a program says otherwise.
(%put-property '%output-pretty-compound '%only-with '(*print-pretty* pprint write write-to-string))
(%put-property '%output-pretty-structure '%only-with '(*print-pretty* pprint write write-to-string))

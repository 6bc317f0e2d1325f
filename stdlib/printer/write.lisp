(in-package "ROOK-KERNEL")

;;;; The printer's entrances: dispatch on the kind of object, WRITE and its relatives.

(defun %output-leaf (object stream)
  ;; Anything but conses and vectors of objects.
  (cond ((symbolp object) (%output-symbol object stream))
        ((integerp object) (%output-integer object stream))
        ((stringp object) (%output-string object stream))
        ((characterp object) (%output-character object stream))
        ((numberp object) (%output-number object stream))
        ((%instancep object) (print-object object stream))
        ((functionp object) (%output-function object stream))
        ((bit-vector-p object) (%output-bit-vector object stream))
        ((arrayp object) (%output-array object stream))
        ((packagep object) (%output-package object stream))
        (t (%output-other object stream))))

(defun %output-plainly (object stream)
  ;; Without asking the dispatch table about OBJECT itself.
  (cond ((not (%compound-p object)) (%output-leaf object stream))
        (*print-pretty* (%output-pretty-compound object stream))
        (t (%output-compound object stream))))

(defun %output-object (object stream)
  (if (and *print-circle* (null *circularity-table*))
      (%call-with-circularity object (lambda () (%output-object object stream)))
      (let ((state (%label-state object)))
        (unless (and state (%write-label-or-reference object state stream))
          (if *print-pretty*
              (let ((function (%dispatch-function object))
                    (*labelled-object* (if state object nil)))
                (if function
                    (funcall function stream object)
                    (%output-plainly object stream)))
              (%output-plainly object stream)))))
  object)

(defun %print-top (object stream)
  ;; Prints as the variables say; the frequent cases without any search.
  (cond ((and (%fixnump object) (eql *print-base* 10) (not *print-radix*))
         (%write-simple-string (%integer-text object 10) stream))
        (t (%output-object object stream)))
  object)

(defun write (object &key (stream nil)
                          ((:array *print-array*) *print-array*)
                          ((:base *print-base*) *print-base*)
                          ((:case *print-case*) *print-case*)
                          ((:circle *print-circle*) *print-circle*)
                          ((:escape *print-escape*) *print-escape*)
                          ((:gensym *print-gensym*) *print-gensym*)
                          ((:length *print-length*) *print-length*)
                          ((:level *print-level*) *print-level*)
                          ((:lines *print-lines*) *print-lines*)
                          ((:miser-width *print-miser-width*) *print-miser-width*)
                          ((:pprint-dispatch *print-pprint-dispatch*) *print-pprint-dispatch*)
                          ((:pretty *print-pretty*) *print-pretty*)
                          ((:radix *print-radix*) *print-radix*)
                          ((:readably *print-readably*) *print-readably*)
                          ((:right-margin *print-right-margin*) *print-right-margin*))
  (%print-top object (%output-stream stream)))

(defun prin1 (object &optional stream)
  (let ((*print-escape* t))
    (%print-top object (%output-stream stream))))

(defun princ (object &optional stream)
  (if (simple-string-p object)
      (%write-simple-string object (%output-stream stream))
      (let ((*print-escape* nil) (*print-readably* nil))
        (%print-top object (%output-stream stream)))))

(defun print (object &optional stream)
  (let ((stream (%output-stream stream)))
    (%write-char #\Newline stream)
    (prin1 object stream)
    (%write-char #\Space stream)
    object))

(defun pprint (object &optional stream)
  (let ((*print-pretty* t) (*print-escape* t) (stream (%output-stream stream)))
    (%write-char #\Newline stream)
    (%print-top object stream)
    (values)))

;;; To strings.

(defun %to-string (object)
  (let ((stream (make-string-output-stream)))
    (%print-top object stream)
    (get-output-stream-string stream)))

(defun prin1-to-string (object)
  (let ((*print-escape* t)) (%to-string object)))

(defun princ-to-string (object)
  (let ((*print-escape* nil) (*print-readably* nil)) (%to-string object)))

(defun write-to-string (object &rest options)
  (let ((stream (make-string-output-stream)))
    (apply #'write object :stream stream options)
    (get-output-stream-string stream)))

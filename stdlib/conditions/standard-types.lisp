(in-package "ROOK-KERNEL")

;;;; The condition types of the standard, and those of EXT for exhaustion and interrupts.
;;;; Their texts are in reports.lisp.

(define-condition condition () ())

(define-condition serious-condition () ())
(define-condition error (serious-condition) ())
(define-condition warning () ())
(define-condition style-warning (warning) ())

(define-condition simple-condition ()
  ((format-control :initarg :format-control :reader simple-condition-format-control)
   (format-arguments :initarg :format-arguments :initform '()
                     :reader simple-condition-format-arguments))
  (:report %report-simple-condition))
(define-condition simple-error (simple-condition error) ())
(define-condition simple-warning (simple-condition warning) ())
(define-condition simple-style-warning (simple-condition style-warning) ())

(define-condition arithmetic-error (error)
  ((operation :initarg :operation :initform nil :reader arithmetic-error-operation)
   (operands :initarg :operands :initform '() :reader arithmetic-error-operands))
  (:report %report-arithmetic-error))
(define-condition division-by-zero (arithmetic-error) ())
(define-condition floating-point-overflow (arithmetic-error) ())
(define-condition floating-point-underflow (arithmetic-error) ())
(define-condition floating-point-inexact (arithmetic-error) ())
(define-condition floating-point-invalid-operation (arithmetic-error) ())

(define-condition cell-error (error)
  ((name :initarg :name :reader cell-error-name)))
(define-condition unbound-variable (cell-error) () (:report %report-unbound-variable))
(define-condition undefined-function (cell-error) () (:report %report-undefined-function))
(define-condition unbound-slot (cell-error)
  ((instance :initarg :instance :reader unbound-slot-instance))
  (:report %report-unbound-slot))

(define-condition control-error (error) ())
(define-condition simple-control-error (simple-condition control-error) ())

(define-condition type-error (error)
  ((datum :initarg :datum :reader type-error-datum)
   (expected-type :initarg :expected-type :reader type-error-expected-type))
  (:report %report-type-error))
(define-condition simple-type-error (simple-condition type-error) ())

(define-condition program-error (error) ())
(define-condition simple-program-error (simple-condition program-error) ())

(define-condition package-error (error)
  ((package :initarg :package :reader package-error-package)))
(define-condition simple-package-error (simple-condition package-error) ())

(define-condition file-error (error)
  ((pathname :initarg :pathname :reader file-error-pathname))
  (:report %report-file-error))
(define-condition simple-file-error (simple-condition file-error) ()
  (:report %report-simple-file-error))

(define-condition stream-error (error)
  ((stream :initarg :stream :reader stream-error-stream))
  (:report %report-stream-error))
(define-condition simple-stream-error (simple-condition stream-error) ()
  (:report %report-simple-stream-error))
(define-condition end-of-file (stream-error) () (:report %report-end-of-file))

(define-condition parse-error (error) ())
(define-condition simple-parse-error (simple-condition parse-error) ())
(define-condition reader-error (parse-error stream-error) ())
(define-condition simple-reader-error (simple-condition reader-error) ()
  (:report %report-simple-reader-error))

(define-condition print-not-readable (error)
  ((object :initarg :object :reader print-not-readable-object))
  (:report %report-print-not-readable))

(define-condition storage-condition (serious-condition) ())
(define-condition simple-storage-condition (simple-condition storage-condition) ())

;;; Exhaustion and interrupts.

(define-condition ext:stack-overflow (storage-condition)
  ((type :initarg :type :reader ext:stack-overflow-type)
   (size :initarg :size :initform nil :reader ext:stack-overflow-size))
  (:report %report-stack-overflow))
(define-condition ext:storage-exhausted (storage-condition)
  ((bytes-requested :initarg :bytes-requested :initform nil
                    :reader ext:storage-exhausted-bytes-requested)
   (limit :initarg :limit :initform nil :reader ext:storage-exhausted-limit))
  (:report %report-storage-exhausted))
(define-condition ext:interrupt (serious-condition) () (:report "Interrupted."))

;;; Indexes: a type error that knows the sequence.

(define-condition ext:index-out-of-bounds (type-error)
  ((sequence :initarg :sequence :reader ext:index-out-of-bounds-sequence))
  (:report %report-index-out-of-bounds))

;;; Foreign code that failed.

(define-condition ext:foreign-error (simple-error) ())

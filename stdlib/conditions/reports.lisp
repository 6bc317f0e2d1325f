(in-package "ROOK-KERNEL")

;;;; The texts of the standard conditions.

(defun %write-simple-report (condition stream)
  (let ((control (%condition-slot-value condition 'format-control)))
    (if control
        (%write-control control stream (%condition-slot-value condition 'format-arguments))
        (%write-text stream "Condition ~S was signalled."
                (%layout-name (%layout-of condition))))))

(defun %report-simple-condition (condition stream)
  (%write-simple-report condition stream))

(defun %report-arithmetic-error (condition stream)
  (let ((operation (%condition-slot-value condition 'operation)))
    (%write-text stream "arithmetic error ~S signalled" (%layout-name (%layout-of condition)))
    (when operation
      (%write-text stream "~%Operation was ~S."
              (cons operation (%condition-slot-value condition 'operands))))))

(defun %report-unbound-variable (condition stream)
  (%write-text stream "The variable ~S is unbound." (%condition-slot-value condition 'name)))

(defun %report-undefined-function (condition stream)
  ;; The name is written with its package, whatever the current one is.
  (let ((*package* (find-package "KEYWORD")) (name (%condition-slot-value condition 'name)))
    (%write-text stream "The function ~S is undefined." name)
    (when (and (symbolp name) (eq (symbol-package name) (symbol-package 'car)))
      ;; A program that names its functions at run time needs a runtime with all of them.
      (write-string " Programs built with --runtime=full have every standard function." stream))))

(defun %report-unbound-slot (condition stream)
  (%write-text stream "The slot ~S is unbound in the object ~S."
          (%condition-slot-value condition 'name)
          (%condition-slot-value condition 'instance)))

(defun %report-type-error (condition stream)
  (let ((*print-array* nil))
    (%write-text stream "The value ~S is not of type ~S."
            (%condition-slot-value condition 'datum)
            (%condition-slot-value condition 'expected-type))))

(defun %report-index-out-of-bounds (condition stream)
  (let* ((sequence (%condition-slot-value condition 'sequence))
         (length (if (typep sequence 'sequence) (length sequence) 0))
         (*print-array* nil)
         (*print-length* 8))
    (%write-text stream "Invalid index ~S for ~S"
            (%condition-slot-value condition 'datum)
            (if (arrayp sequence) (type-of sequence) sequence))
    (if (plusp length)
        (%write-text stream ", should be a non-negative integer below ~D." length)
        (write-char #\. stream))))

(defun %report-file-error (condition stream)
  (%write-text stream "error on file ~S" (%condition-slot-value condition 'pathname)))

(defun %report-simple-file-error (condition stream)
  (%write-simple-report condition stream))

(defun %report-stream-error (condition stream)
  (%write-text stream "~S on ~S"
          (%layout-name (%layout-of condition))
          (%condition-slot-value condition 'stream)))

(defun %report-simple-stream-error (condition stream)
  (%write-simple-report condition stream)
  (%write-text stream " (stream ~S)" (%condition-slot-value condition 'stream)))

(defun %report-end-of-file (condition stream)
  (%write-text stream "end of file on ~S" (%condition-slot-value condition 'stream)))

(defun %report-simple-reader-error (condition stream)
  (%write-text stream "~S on ~S: "
          'reader-error
          (%condition-slot-value condition 'stream))
  (%write-simple-report condition stream))

(defun %report-print-not-readable (condition stream)
  (let ((object (%condition-slot-value condition 'object))
        (*print-readably* nil))
    (%write-text stream "~S cannot be printed readably." object)))

(defun %report-stack-overflow (condition stream)
  (let ((type (%condition-slot-value condition 'type))
        (size (%condition-slot-value condition 'size)))
    (if size
        (%write-text stream "~A overflow at size ~D. Stack can probably be resized.~%Proceed with caution."
                type size)
        (%write-text stream "~A overflow. The stack cannot grow." type))))

(defun %report-storage-exhausted (condition stream)
  (let ((requested (%condition-slot-value condition 'bytes-requested))
        (limit (%condition-slot-value condition 'limit)))
    (write-string "Memory limit reached." stream)
    (when requested (%write-text stream " ~D bytes were requested." requested))
    (when limit (%write-text stream " The limit is ~D bytes." limit))))

(defun %report-condition (condition stream)
  ;; Writes what the class of CONDITION has to say about it.
  (let ((report (%layout-print-function (%layout-of condition))))
    (if report
        (funcall report condition stream)
        (%write-text stream "Condition ~S was signalled." (%layout-name (%layout-of condition)))))
  condition)

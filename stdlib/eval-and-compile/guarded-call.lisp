(in-package "ROOK-KERNEL")
;;;; How the file compiler calls macro functions: an error becomes its diagnostic,
;;;; and so does an exhausted stack or heap.

;;; (T . value), or (NIL . report) when the function signalled a condition that nobody handled.
(defun %guarded-call (function arguments)
  (flet ((report (condition)
           (cons nil (%simple-string (handler-case (princ-to-string condition)
                                       (error () "an error whose report failed"))))))
    (handler-case (cons t (apply function arguments))
      (error (condition) (report condition))
      (storage-condition (condition) (report condition)))))

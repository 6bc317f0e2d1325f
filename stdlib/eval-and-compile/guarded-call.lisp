(in-package "ROOK-KERNEL")
;;;; How the file compiler calls macro functions: an error becomes its diagnostic.

;;; (T . value), or (NIL . report) when the function signalled an error.
(defun %guarded-call (function arguments)
  (handler-case (cons t (apply function arguments))
    (error (condition)
      (cons nil (%simple-string (handler-case (princ-to-string condition)
                                  (error () "an error whose report failed")))))))

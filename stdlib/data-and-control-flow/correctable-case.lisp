(in-package "ROOK-KERNEL")
;;;; What CCASE and CTYPECASE do when no clause fits. Loaded after the condition system.

(defun %correct-case-key (datum expected-type place)
  (restart-case (error 'type-error :datum datum :expected-type expected-type)
    (store-value (value)
      :report (lambda (stream) (%write-text stream "Supply a new value for ~S." place))
      :interactive (lambda () (list (eval (read *query-io*))))
      value)))

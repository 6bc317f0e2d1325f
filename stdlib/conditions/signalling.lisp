(in-package "ROOK-KERNEL")

;;;; CERROR, WARN, BREAK and the assertion macros.

(defun %cerror (format-control condition arguments)
  (restart-case
      (with-condition-restarts condition (list (find-restart 'continue))
        (%signal condition)
        (invoke-debugger condition))
    (continue ()
      :report (lambda (stream) (%write-control format-control stream arguments))
      nil))
  nil)

(defun cerror (format-control datum &rest arguments)
  (%cerror format-control
           (%coerce-to-condition datum (if (%conditionp datum) '() arguments) 'simple-error 'cerror)
           arguments))

(defun warn (datum &rest arguments)
  (let ((condition (%coerce-to-condition datum arguments 'simple-warning 'warn)))
    (unless (%instance-of-p condition 'warning)
      (error 'type-error :datum condition :expected-type 'warning))
    (restart-case
        (progn
          (with-condition-restarts condition (list (find-restart 'muffle-warning))
            (%signal condition))
          (%print-warning condition))
      (muffle-warning () :report "Skip warning." nil))
    nil))

(defun %print-warning (condition)
  (%write-text *error-output* "~&~A: ~A~%"
          (if (%instance-of-p condition 'style-warning) "STYLE-WARNING" "WARNING")
          condition))

(defun break (&optional (format-control "Break") &rest format-arguments)
  (with-simple-restart (continue "Return from BREAK.")
    (let ((*debugger-hook* nil)
          (condition (%make-condition (%find-condition-layout 'simple-condition)
                                      (list :format-control format-control
                                            :format-arguments format-arguments))))
      (invoke-debugger condition)))
  nil)

;;; Assertions.

(defun %check-type-error (place value type type-string)
  ;; Signals that VALUE, found in PLACE, is not of TYPE; returns the value to store instead.
  (let ((condition (make-condition 'simple-type-error
                                   :datum value :expected-type type
                                   :format-control (if type-string
                                                       "The value of ~S is ~S, which is not ~A."
                                                       "The value of ~S is ~S, which is not of type ~S.")
                                   :format-arguments (list place value (or type-string type)))))
    (restart-case (error condition)
      (store-value (new-value)
        :report (lambda (stream) (%write-text stream "Supply a new value for ~S." place))
        :interactive %ask-for-value
        new-value))))

(defmacro check-type (place type &optional type-string)
  (let ((value (gensym "VALUE")))
    `(do ((,value ,place ,place))
         ((typep ,value ',type) nil)
       (setf ,place (%check-type-error ',place ,value ',type ,type-string)))))

(defun %assertion-failed (assertion places datum arguments)
  (let ((condition (if datum
                       (%coerce-to-condition datum arguments 'simple-error 'assert)
                       (make-condition 'simple-error
                                       :format-control "The assertion ~S failed."
                                       :format-arguments (list assertion)))))
    (restart-case (error condition)
      (continue ()
        :report (lambda (stream)
                  (write-string "Retry assertion" stream)
                  (do ((rest places (cdr rest))
                       (before " with new values for " ", "))
                      ((null rest))
                    (%write-text stream "~A~S" before (car rest)))
                  (write-string "." stream))
        nil))))

(defun %ask-for-new-value (place value)
  (%write-text *query-io* "~&The old value of ~S is ~S.~%Enter a form for the new value: " place value)
  (finish-output *query-io*)
  (eval (read *query-io*)))

(defmacro assert (test-form &optional places datum &rest arguments)
  (let ((again (gensym "AGAIN")))
    `(tagbody
        ,again
        (unless ,test-form
          (%assertion-failed ',test-form ',places ,datum (list ,@arguments))
          ,@(mapcar (lambda (place)
                      `(setf ,place (%ask-for-new-value ',place ,place)))
                    places)
          (go ,again)))))

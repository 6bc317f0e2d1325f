(in-package "ROOK-KERNEL")

;;;; %RAISE: where errors of compiled code and of the runtime become conditions. The runtime calls it
;;;; without arguments after it has put the kind and up to four arguments into the thread context.
;;;; The value that it returns becomes that of the operation that failed.

(defun %signal-or-replace (condition report)
  ;; Signals CONDITION; USE-VALUE gives the value of the operation.
  (restart-case (error condition)
    (use-value (value)
      :report (lambda (stream) (write-string report stream))
      :interactive %ask-for-value
      value)))

(defun %raise-type-error (datum expected-type)
  (%signal-or-replace (make-condition 'type-error :datum datum :expected-type expected-type)
                      "Use another value as the result of the operation."))

(defun %raise-unbound-variable (name)
  (restart-case (error 'unbound-variable :name name)
    (continue ()
      :report (lambda (stream) (%write-text stream "Retry using ~S." name))
      (symbol-value name))
    (use-value (value)
      :report (lambda (stream) (%write-text stream "Use specified value."))
      :interactive %ask-for-value
      value)
    (store-value (value)
      :report (lambda (stream) (%write-text stream "Set specified value and use it."))
      :interactive %ask-for-value
      (set name value))))

(defun %raise-undefined-function (name arguments)
  (restart-case (error 'undefined-function :name name)
    (continue ()
      :report (lambda (stream) (%write-text stream "Retry calling ~S." name))
      (apply name arguments))
    (use-value (function)
      :report (lambda (stream) (%write-text stream "Call specified function."))
      :interactive %ask-for-value
      (apply function arguments))
    (store-value (function)
      :report (lambda (stream) (%write-text stream "Define ~S as the specified function and call it." name))
      :interactive %ask-for-value
      (setf (fdefinition name) function)
      (apply function arguments))
    (ext:return-value (&rest values)
      :report (lambda (stream) (%write-text stream "Return specified values."))
      :interactive %ask-for-value
      (values-list values))))

(defun %index-condition (sequence index)
  (make-condition 'ext:index-out-of-bounds
                  :datum index
                  :sequence sequence
                  :expected-type (if (and (typep sequence 'sequence) (plusp (length sequence)))
                                     (list 'integer 0 (list (length sequence)))
                                     '(integer 0 (0)))))

(defun %raise-stack-overflow (type size)
  (restart-case (error 'ext:stack-overflow :type type :size size)
    (continue ()
      :report "Extend stack size"
      (unless (%primitive grow-stack type)
        (error 'ext:stack-overflow :type type :size nil))
      nil)))

(defun %raise-storage-exhausted (bytes limit)
  (if (and (integerp limit) (plusp limit))
      (restart-case (error 'ext:storage-exhausted :bytes-requested bytes :limit limit)
        (continue ()
          :report "Extend heap size"
          ;; By half, as the stacks grow.
          (%primitive set-heap-limit (floor (* 3 (%primitive heap-limit)) 2))
          nil))
      (error 'ext:storage-exhausted :bytes-requested bytes :limit limit)))

(defun %raise-interrupt ()
  (restart-case (error 'ext:interrupt)
    (continue () :report "Go on." nil)))

(defun %raise-simple (type control arguments)
  (error type :format-control control :format-arguments arguments))

(defun %raise-arithmetic (type operator operands)
  (%signal-or-replace (make-condition type :operation operator :operands operands)
                      "Use another value as the result of the operation."))

(defun %raise-condition (condition)
  (restart-case (error condition)
    (use-value (value)
      :report "Use another value."
      :interactive %ask-for-value
      value)))

(defun %raise ()
  (let ((kind (%primitive pending-kind))
        (first (%primitive pending-arg 0))
        (second (%primitive pending-arg 1))
        (third (%primitive pending-arg 2))
        (final (%primitive pending-final-p)))
    (%primitive clear-pending)
    (if final
        ;; Whoever failed could not make use of a value.
        (progn
          (if (eql kind 5)
              (error (%index-condition first second))
              (%raise-kind kind first second third))
          (error 'simple-control-error
                 :format-control "This operation cannot be continued." :format-arguments '()))
        (%raise-kind kind first second third))))

(defun %raise-kind (kind first second third)
  ;; The numbers are those of the runtime's table of error kinds.
  (case kind
    (0 (%raise-type-error first second))
    (1 (%raise-unbound-variable first))
    (2 (%raise-undefined-function first second))
    (3 (let ((name (%printable-function-name first)))
         (%raise-simple 'simple-program-error
                        (if name
                            "invalid number of arguments: ~S (function ~A)"
                            "invalid number of arguments: ~S")
                        (list second name))))
    (4 (%raise-arithmetic 'division-by-zero first second))
    (5 (%signal-or-replace (%index-condition first second)
                           "Use another value as the result of the operation."))
    (6 (%raise-simple 'simple-control-error "attempt to throw to a tag that does not exist: ~S"
                      (list first)))
    (7 (%raise-stack-overflow first second))
    (8 (%raise-storage-exhausted first second))
    (9 (%raise-simple 'simple-error first second))
    (10 (%raise-simple 'simple-program-error first second))
    (11 (error 'simple-reader-error :stream first :format-control second :format-arguments third))
    (12 (%signal-or-replace (make-condition 'end-of-file :stream first)
                            "Use another value as the result of the operation."))
    (13 (error 'simple-stream-error :stream first
                                    :format-control "~A" :format-arguments (list second)))
    (14 (error 'simple-package-error :package first
                                     :format-control "~A" :format-arguments (list second)))
    (15 (error 'simple-file-error :pathname first
                                  :format-control "error on file ~S: ~A"
                                  :format-arguments (list first second)))
    (16 (%raise-arithmetic 'floating-point-overflow first second))
    (17 (%raise-arithmetic 'floating-point-invalid-operation first second))
    (18 (%raise-simple 'simple-program-error (%unknown-keywords-control (length first)) first))
    (19 (%raise-simple 'simple-program-error "odd number of keyword arguments: ~S" (list first)))
    (21 (%raise-simple 'ext:foreign-error "~A" (list first)))
    (22 (%raise-interrupt))
    (23 (%raise-condition first))
    (t (%raise-simple 'simple-error "The runtime reported an error of unknown kind ~S." (list kind)))))

(defun %unknown-keywords-control (count)
  (let ((control (if (= count 1) "unknown keyword argument: ~S" "unknown keyword arguments: ~S")))
    (dotimes (i (1- count) control)
      (setq control (concatenate 'simple-string control ", ~S")))))

(defun %printable-function-name (function)
  ;; Name of a function object for a message, or NIL.
  (if (functionp function)
      (%function-name function)
      nil))

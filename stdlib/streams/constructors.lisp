(in-package "ROOK-KERNEL")

;;;; Streams made of others, string streams, closing, and the standard streams.

(defun %make-composite (type direction element-type parts)
  (%primitive make-composite-stream direction element-type type parts))

(defun %check-direction (stream predicate type)
  (unless (funcall predicate stream)
    (error 'simple-type-error
           :datum stream :expected-type type
           :format-control (if (eq predicate #'input-stream-p)
                               "~S is not an input stream."
                               "~S is not an output stream.")
           :format-arguments (list stream))))

(defun make-synonym-stream (symbol)
  (unless (symbolp symbol)
    (error 'type-error :datum symbol :expected-type 'symbol))
  (%make-composite :synonym :io t symbol))

(defun synonym-stream-symbol (stream)
  (%checked-parts stream :synonym 'synonym-stream))

(defun make-broadcast-stream (&rest streams)
  (dolist (stream streams) (%check-direction stream #'output-stream-p '(satisfies output-stream-p)))
  (%make-composite :broadcast :output t streams))

(defun broadcast-stream-streams (stream)
  (%checked-parts stream :broadcast 'broadcast-stream))

(defun make-concatenated-stream (&rest streams)
  (dolist (stream streams) (%check-direction stream #'input-stream-p '(satisfies input-stream-p)))
  (%make-composite :concatenated :input t streams))

(defun concatenated-stream-streams (stream)
  (%checked-parts stream :concatenated 'concatenated-stream))

(defun make-two-way-stream (input-stream output-stream)
  (%check-direction input-stream #'input-stream-p '(satisfies input-stream-p))
  (%check-direction output-stream #'output-stream-p '(satisfies output-stream-p))
  (%make-composite :two-way :io t (cons input-stream output-stream)))

(defun two-way-stream-input-stream (stream)
  (car (%checked-parts stream :two-way 'two-way-stream)))
(defun two-way-stream-output-stream (stream)
  (cdr (%checked-parts stream :two-way 'two-way-stream)))

(defun make-echo-stream (input-stream output-stream)
  (%check-direction input-stream #'input-stream-p '(satisfies input-stream-p))
  (%check-direction output-stream #'output-stream-p '(satisfies output-stream-p))
  (%make-composite :echo :io t (list input-stream output-stream nil)))

(defun echo-stream-input-stream (stream)
  (first (%checked-parts stream :echo 'echo-stream)))
(defun echo-stream-output-stream (stream)
  (second (%checked-parts stream :echo 'echo-stream)))

(defun %checked-parts (stream composite-type type)
  (if (eq (%composite-type stream) composite-type)
      (%composite-parts stream)
      (error 'type-error :datum stream :expected-type type)))

;;; String streams.

(defun make-string-input-stream (string &optional (start 0) end)
  (multiple-value-bind (simple start end) (%simple-part string start end)
    (%primitive make-string-input-stream simple start end)))

(defun make-string-output-stream (&key (element-type 'character))
  (declare (ignore element-type))
  (%primitive make-string-output-stream))

(defun get-output-stream-string (stream)
  (%primitive get-output-stream-string stream))

(defmacro with-output-to-string ((var &optional string-form &key (element-type ''character))
                                 &body body)
  (multiple-value-bind (forms declarations) (parse-body body)
    (if string-form
        (let ((string (gensym "STRING")))
          `(let* ((,string ,string-form)
                  (,var (make-string-output-stream :element-type ,element-type)))
             ,@declarations
             (multiple-value-prog1 (progn ,@forms)
               (%append-to-fill-pointer ,string (get-output-stream-string ,var)))))
        `(let ((,var (make-string-output-stream :element-type ,element-type)))
           ,@declarations
           ,@forms
           (get-output-stream-string ,var)))))

(defun %append-to-fill-pointer (string text)
  (dotimes (i (length text))
    (vector-push-extend (schar text i) string)))

(defmacro with-input-from-string ((var string &key index (start 0) end) &body body)
  (multiple-value-bind (forms declarations) (parse-body body)
    (let ((source (gensym "STRING")) (first (gensym "START")))
      `(let* ((,source ,string)
              (,first ,start)
              (,var (make-string-input-stream ,source ,first ,end)))
         ,@declarations
         (unwind-protect
              ,(if index
                   `(multiple-value-prog1 (progn ,@forms)
                      (setf ,index (+ ,first (%primitive string-stream-index ,var))))
                   `(progn ,@forms))
           (close ,var))))))

(defmacro with-open-stream ((var stream) &body body)
  (let ((abort (gensym "ABORT")))
    (multiple-value-bind (forms declarations) (parse-body body)
      `(let ((,var ,stream) (,abort t))
         ,@declarations
         (unwind-protect
              (multiple-value-prog1 (progn ,@forms)
                (setq ,abort nil))
           (when ,var (close ,var :abort ,abort)))))))

(defun close (stream &key abort)
  (cond ((%native-p stream) (%primitive stream-close stream abort))
        ((%stream-object-p stream)
         (if (%stream-slot stream +stream-direction+)
             (progn (%set-other-ref stream +stream-direction+ nil) t)
             nil))
        (t (%user-stream-call 'close stream abort))))

;;; The standard streams. The runtime sets the three that belong to descriptors when a program starts;
;;; the others follow these by name.

(setq *terminal-io* (%make-composite :two-way :io 'character
                                     (cons (make-synonym-stream '*standard-input*)
                                           (make-synonym-stream '*standard-output*)))
      *query-io* (make-synonym-stream '*terminal-io*)
      *debug-io* (make-synonym-stream '*terminal-io*)
      *trace-output* (make-synonym-stream '*standard-output*))

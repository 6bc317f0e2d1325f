(in-package "ROOK-KERNEL")

;;;; Stream objects. A native stream (slot 0 not NIL) belongs to the runtime; a composite one has its
;;;; type in slot 3 and its parts in slot 4. Anything else that serves as a stream is an instance,
;;;; and goes to *USER-STREAM-FUNCTION*.

(defconstant +stream-handle+ 0)
(defconstant +stream-direction+ 1)
(defconstant +stream-element-type+ 2)
(defconstant +composite-type+ 3)
(defconstant +composite-parts+ 4)

;;; Called with the name of an operation, a stream that is an instance, and the arguments.
(defvar *user-stream-function* nil)

;;; Function of one argument that tells which instances are streams.
(defvar *user-stream-predicate* nil)

(defmacro %stream-slot (stream slot) `(%other-ref ,stream ,slot))

(declaim (inline %stream-object-p))
(defun %stream-object-p (object)
  (and (%otherp object) (%fix= (%other-kind object) +kind-stream+)))

(declaim (inline %native-p))
(defun %native-p (stream)
  (and (%stream-object-p stream) (%stream-slot stream +stream-handle+)))

(defun %user-stream-p (object)
  (and *user-stream-predicate*
       (%instancep object)
       (funcall *user-stream-predicate* object)))

(defun streamp (object)
  (or (%stream-object-p object)
      (if (%user-stream-p object) t nil)))

(defun %check-stream (object)
  (unless (streamp object)
    (error 'type-error :datum object :expected-type 'stream)))

(defun %composite-type (stream)
  ;; :SYNONYM, :BROADCAST, :CONCATENATED, :TWO-WAY or :ECHO; NIL for native streams.
  (if (and (%stream-object-p stream) (null (%stream-slot stream +stream-handle+)))
      (%stream-slot stream +composite-type+)
      nil))
(defmacro %composite-parts (stream) `(%stream-slot ,stream +composite-parts+))

(defun %stream-closed-error (stream)
  (error 'simple-stream-error :stream stream
                              :format-control "The stream is closed." :format-arguments '()))

(defun %check-open (stream)
  (when (null (%stream-slot stream +stream-direction+))
    (%stream-closed-error stream)))

(defun %user-stream-call (operation stream &rest arguments)
  (if (%user-stream-p stream)
      (apply *user-stream-function* operation stream arguments)
      (error 'type-error :datum stream :expected-type 'stream)))

;;; Types. A file stream keeps its pathname in the slot of a composite stream's type.

(defun %file-stream-p (object)
  (and (%native-p object)
       (not (eq (%stream-slot object +stream-handle+) t))
       (%stream-slot object +composite-type+)
       t))
(defun %string-stream-p (object)
  (and (%stream-object-p object) (eq (%stream-slot object +stream-handle+) t)))
(defun %synonym-stream-p (object) (eq (%composite-type object) :synonym))
(defun %broadcast-stream-p (object) (eq (%composite-type object) :broadcast))
(defun %concatenated-stream-p (object) (eq (%composite-type object) :concatenated))
(defun %two-way-stream-p (object) (eq (%composite-type object) :two-way))
(defun %echo-stream-p (object) (eq (%composite-type object) :echo))

(%define-type-predicates
 (file-stream %file-stream-p) (string-stream %string-stream-p) (synonym-stream %synonym-stream-p)
 (broadcast-stream %broadcast-stream-p) (concatenated-stream %concatenated-stream-p)
 (two-way-stream %two-way-stream-p) (echo-stream %echo-stream-p))

(%put-property 'stream '%built-in-subtypes
               '(file-stream string-stream synonym-stream broadcast-stream concatenated-stream
                 two-way-stream echo-stream))

(defun %stream-type-name (stream)
  (case (%composite-type stream)
    (:synonym 'synonym-stream)
    (:broadcast 'broadcast-stream)
    (:concatenated 'concatenated-stream)
    (:two-way 'two-way-stream)
    (:echo 'echo-stream)
    (t (cond ((%string-stream-p stream) 'string-stream)
             ((%file-stream-p stream) 'file-stream)
             (t 'stream)))))

;;; Following references. The results are native, broadcast, echo or concatenated streams, or users'.

(defun %output-target (stream)
  (do ()
      ((not (and (%stream-object-p stream) (null (%stream-slot stream +stream-handle+))))
       stream)
    (%check-open stream)
    (case (%stream-slot stream +composite-type+)
      (:synonym (setq stream (symbol-value (%composite-parts stream))))
      (:two-way (setq stream (cdr (%composite-parts stream))))
      (:echo (setq stream (second (%composite-parts stream))))
      (t (return stream)))))

(defun %input-target (stream)
  (do ()
      ((not (and (%stream-object-p stream) (null (%stream-slot stream +stream-handle+))))
       stream)
    (%check-open stream)
    (case (%stream-slot stream +composite-type+)
      (:synonym (setq stream (symbol-value (%composite-parts stream))))
      (:two-way (setq stream (car (%composite-parts stream))))
      (t (return stream)))))

;;; Designators.

(defun %output-stream (designator)
  (cond ((null designator) *standard-output*)
        ((eq designator t) *terminal-io*)
        (t designator)))
(defun %input-stream (designator)
  (cond ((null designator) *standard-input*)
        ((eq designator t) *terminal-io*)
        (t designator)))

;;; Questions.

(defun %directed-p (stream directions input)
  ;; Whether the native stream that STREAM leads to goes in one of DIRECTIONS.
  (if (%native-p stream)
      (if (%memq (%stream-slot stream +stream-direction+) directions) t nil)
      (case (%composite-type stream)
        ((:broadcast :pretty) (not input))
        (:concatenated input)
        (:echo t)
        (t (%user-stream-call (if input 'input-stream-p 'output-stream-p) stream)))))

(defun input-stream-p (stream)
  (%check-stream stream)
  (if (and (%stream-object-p stream) (null (%stream-slot stream +stream-direction+)))
      nil
      (%directed-p (if (eq (%composite-type stream) :broadcast) stream (%input-target stream))
                   '(:input :io) t)))

(defun output-stream-p (stream)
  (%check-stream stream)
  (if (and (%stream-object-p stream) (null (%stream-slot stream +stream-direction+)))
      nil
      (%directed-p (if (eq (%composite-type stream) :concatenated) stream (%output-target stream))
                   '(:output :io) nil)))

(defun open-stream-p (stream)
  (cond ((%stream-object-p stream)
         (if (%stream-slot stream +stream-direction+) t nil))
        (t (%user-stream-call 'open-stream-p stream))))

(defun interactive-stream-p (stream)
  (let ((target (%input-target stream)))
    (cond ((%native-p target) (%primitive stream-interactive-p target))
          ((%stream-object-p target) nil)
          (t (%user-stream-call 'interactive-stream-p target)))))

(defun stream-element-type (stream)
  (cond ((%native-p stream) (%stream-slot stream +stream-element-type+))
        ((%stream-object-p stream)
         (case (%composite-type stream)
           (:broadcast (let ((parts (%composite-parts stream)))
                         (if parts (stream-element-type (first (last parts))) 't)))
           (:concatenated (let ((parts (%composite-parts stream)))
                            (if parts (stream-element-type (first parts)) 'character)))
           (:echo (stream-element-type (first (%composite-parts stream))))
           (:two-way (stream-element-type (car (%composite-parts stream))))
           (:pretty 'character)
           (t (stream-element-type (%input-target stream)))))
        (t (%user-stream-call 'stream-element-type stream))))

(defun stream-external-format (stream)
  (%check-stream stream)
  (if (eq (%composite-type stream) :broadcast)
      (let ((parts (%composite-parts stream)))
        (if parts (stream-external-format (first (last parts))) :default))
      :utf-8))

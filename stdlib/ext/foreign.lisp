;;;; C: calling it, being called by it, memory that the collector does not own.
;;;;
;;;; A type is a keyword of the list below. Arguments are checked against their types: an integer that
;;;; does not fit is a type error. A pointer is a FOREIGN-POINTER, or NIL for null; an argument may also
;;;; be an address. A C string is UTF-8; the copy that is passed lives as long as the call.

(in-package "ROOK-KERNEL")

(eval-when (:compile-toplevel :load-toplevel :execute)

;;; The compiler's name and number (`abi/foreign.rs`) of a type. Other names follow those of C and of
;;; other systems.
(defun %find-foreign-type (type)
  (case type
    (:void '(:void . 0))
    ((:int8 :char :signed-char :signed-byte) '(:int8 . 1))
    ((:int16 :short :signed-halfword) '(:int16 . 2))
    ((:int32 :int :signed-fullword) '(:int32 . 3))
    ((:int64 :long :long-long :ssize-t :ptrdiff-t :signed-doubleword) '(:int64 . 4))
    ((:uint8 :unsigned-char :unsigned-byte) '(:uint8 . 5))
    ((:uint16 :unsigned-short :unsigned-halfword) '(:uint16 . 6))
    ((:uint32 :unsigned-int :unsigned-fullword) '(:uint32 . 7))
    ((:uint64 :unsigned-long :unsigned-long-long :size-t :unsigned-doubleword) '(:uint64 . 8))
    ((:single :float :single-float) '(:single . 9))
    ((:double :double-float) '(:double . 10))
    ((:pointer :address) '(:pointer . 11))
    ((:c-string :string) '(:c-string . 12))
    ((:value :lisp) '(:value . 13))
    (:bool '(:bool . 14))))

(defun %foreign-type (type)
  (or (%find-foreign-type type)
      (error 'simple-type-error :datum type :expected-type 'keyword
                                :format-control "~S is no foreign type."
                                :format-arguments (list type))))

;;; {type value}* [result-type] as three values: types, values, result type.
(defun %parse-foreign-arguments (arguments)
  (let ((types '()) (values '()))
    (do ((rest arguments (cddr rest)))
        ((null (cdr rest))
         (values (nreverse types) (nreverse values) (car (%foreign-type (if rest (car rest) :void)))))
      (push (car (%foreign-type (car rest))) types)
      (push (cadr rest) values)))))

;;; (ffi:external-call "name" {type value}* [result-type])
(defmacro ffi:external-call (name &rest arguments)
  (multiple-value-bind (types values result) (%parse-foreign-arguments arguments)
    `(%foreign-call ,name ,result ,types nil ,@values)))

;;; As EXTERNAL-CALL; the function is where POINTER points.
(defmacro ffi:ff-call (pointer &rest arguments)
  (multiple-value-bind (types values result) (%parse-foreign-arguments arguments)
    `(%foreign-call nil ,result ,types nil ,pointer ,@values)))

;;; NAME is "c_name", whose Lisp name is C-NAME, or ("c_name" lisp-name).
(defmacro ffi:def-function (name arguments &key (returning :void))
  (let* ((c-name (if (consp name) (car name) name))
         (lisp-name (if (consp name) (cadr name) (intern (substitute #\- #\_ (string-upcase name))))))
    `(defun ,lisp-name ,(mapcar #'car arguments)
       (ffi:external-call ,c-name
                          ,@(mapcan #'(lambda (argument) (list (cadr argument) (car argument))) arguments)
                          ,returning))))

;;; Callbacks.

(defun ffi:make-callback (function result-type argument-types &optional on-exit)
  ;; A C function that calls FUNCTION. ON-EXIT is what C gets when an exit leaves FUNCTION; the exit goes
  ;; on when C has returned to Lisp.
  (%primitive make-callback function (cdr (%foreign-type result-type))
              (mapcar #'(lambda (type) (cdr (%foreign-type type))) argument-types)
              (or on-exit (if (member (car (%foreign-type result-type)) '(:pointer :c-string :value :bool :void)) nil 0))))

(defun ffi:free-callback (pointer)
  (%primitive free-callback pointer))

;;; The newest function and the types of a callback are properties of its name, so that C may keep the
;;; pointer when the callback is defined again.
(defun %define-callback (name function types caller)
  (let ((known (and (boundp name) (equal (get name '%callback-types) types))))
    (%put-property name '%callback function)
    (unless known
      (%put-property name '%callback-types types)
      (setf (symbol-value name) (ffi:make-callback caller (car types) (cdr types))))
    name))

;;; (ffi:defcallback name ({type variable}* [result-type]) . body): the variable NAME is the pointer.
(defmacro ffi:defcallback (name arguments &body body)
  (multiple-value-bind (types variables result) (%parse-foreign-arguments arguments)
    `(progn
       (defvar ,name)
       (%define-callback ',name #'(lambda ,variables ,@body) '(,result ,@types)
                         #'(lambda ,variables
                             (funcall (the function (get ',name '%callback)) ,@variables))))))

;;; Pointers and memory.

(defun ffi:pointerp (object)
  (%primitive pointer-p object))

(%define-type-predicates (ffi:foreign-pointer ffi:pointerp))

(defun ffi:make-pointer (address)
  (%primitive make-pointer address))

(defun ffi:pointer-address (pointer)
  (%primitive pointer-address pointer))

(defun ffi:allocate (bytes)
  ;; Zeroed memory that lives until FREE.
  (%primitive foreign-allocate bytes))

(defun ffi:free (pointer)
  ;; The pointer is null afterwards.
  (%primitive foreign-free pointer))

(defun ffi:size-of-foreign-type (type)
  (%primitive foreign-type-size (cdr (%foreign-type type))))

(defun ffi:ref (pointer type &optional (offset 0))
  ;; The value of TYPE that lies OFFSET bytes behind POINTER.
  (%primitive foreign-ref pointer offset (cdr (%foreign-type type))))

(defun %set-foreign-ref (pointer type offset value)
  (%primitive set-foreign-ref pointer offset (cdr (%foreign-type type)) value))

(defsetf ffi:ref (pointer type &optional (offset 0)) (value)
  `(%set-foreign-ref ,pointer ,type ,offset ,value))

(defun ffi:copy (to from bytes)
  (%primitive foreign-copy to from bytes))

(defun ffi:make-c-string (string)
  ;; A copy that C can read until FREE.
  (%primitive make-foreign-string string))

(defun ffi:c-string (pointer &optional length)
  ;; The string of LENGTH bytes, or up to a NUL, at POINTER.
  (%primitive foreign-string pointer length))

;;; Libraries.

(defun ffi:symbol-address (name)
  (%primitive foreign-symbol-address name))

(defun ffi:load-foreign-library (name)
  (%primitive load-library (if (pathnamep name) (namestring name) name)))

(defun ffi:unload-foreign-library (handle)
  (%primitive unload-library handle))

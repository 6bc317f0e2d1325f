;;; C calls Lisp functions through plain function pointers; an exit goes on when C has returned.
(ffi:defcallback mixed (:int8 a :double b :uint16 c :float d :int64 e :double f :uint8 g :double h :int32 i :float j
                        :uint64 k :double l :int16 m :double n :double o :double p :double q :float r :double)
  (ext:gc nil)
  (reduce #'+ (print (list a b c d e f g h i j k l m n o p q r))))
(format t "~&~S~%" (ffi:external-call "call_mixed" :pointer mixed :double))

(defvar *log* '())
(ffi:defcallback twice (:int n :int) (push n *log*) (* 2 n))
(ffi:def-function "sum_of_calls" ((f :pointer) (n :int)) :returning :int)
(format t "~S ~S~%" (sum-of-calls twice 5) (reverse *log*))
;; Defined again: the same pointer, the new function.
(let ((before (ffi:pointer-address twice)))
  (ffi:defcallback twice (:int n :int) (* 20 n))
  (format t "~S ~S~%" (= before (ffi:pointer-address twice)) (sum-of-calls twice 5)))

(defmacro through (c-name type value function)
  `(let ((callback (ffi:make-callback ,function ,type '(,type))))
     (prog1 (ffi:external-call ,c-name :pointer callback ,type ,value ,type)
       (unless (ffi:free-callback callback) (print :not-freed)))))
(format t "~S~%" (list (through "call_i8" :int8 -128 #'identity) (through "call_i8" :int8 -128 #'1+)
                       (through "call_u64" :uint64 18446744073709551615 #'identity)
                       (through "call_bool" :bool t #'identity) (through "call_bool" :bool nil #'identity)
                       (through "call_float" :float 1.25 #'-)
                       (through "call_string" :c-string "grüße" #'string-upcase)
                       (through "call_string" :c-string nil #'identity)
                       (through "call_value" :value (list 1 2) (lambda (l) (ext:gc) (reverse l)))))
(let* ((count 0) (callback (ffi:make-callback (lambda () (incf count)) :void '())))
  (dotimes (i 3) (ffi:external-call "call_void" :pointer callback))
  (format t "~S ~S ~S~%" count (ffi:free-callback callback) (ffi:free-callback callback)))

;; A result that does not fit its type is an error in Lisp, after C.
(format t "~S~%" (handler-case (through "call_i8" :int8 127 #'1+) (type-error (c) (type-error-datum c))))

;; Exits: C gets what was declared, goes on, and then the exit does.
(let ((throwing (ffi:make-callback (lambda (n) (if (= n 2) (throw 'out (list :thrown n)) n)) :int '(:int) -77)))
  (format t "~S " (catch 'out (sum-of-calls throwing 5) :not-thrown))
  (format t "~S " (catch 'out (sum-of-calls throwing 3) :not-thrown))
  (format t "~S~%" (ffi:external-call "last_call_gave" :int)))
(format t "~S~%" (block nil
                   (let ((returning (ffi:make-callback (lambda (n) (return (list :returned n))) :int '(:int))))
                     (unwind-protect (sum-of-calls returning 2) (format t "cleanup ")))))
(let ((failing (ffi:make-callback (lambda (n) (error "callback ~D" n)) :int '(:int))) (after nil))
  (format t "~S " (handler-case (progn (sum-of-calls failing 1) (setq after t)) (error (c) (princ-to-string c))))
  (format t "~S~%" after)
  ;; Nothing of the program runs between C's return and the exit.
  (dotimes (i 3)
    (format t "~S " (handler-case (setq after (list (sum-of-calls failing 1))) (error () after))))
  (format t "~S~%" (handler-bind ((error (lambda (c) (declare (ignore c)) (throw 'bound :unwound))))
                     (catch 'bound (sum-of-calls failing 3)))))

(format t "~S~%" (ffi:external-call "saves_registers" :pointer twice :bool))

;; A thousand callbacks come and go; closures over state stay apart.
(let ((callbacks (loop for i below 1000 collect (let ((i i)) (ffi:make-callback (lambda (n) (+ n i)) :int '(:int))))))
  (ext:gc)
  (format t "~S~%" (loop for c in callbacks for i from 0 always (= (sum-of-calls c 1) i)))
  (mapc #'ffi:free-callback callbacks))

;; Exits from callbacks do not wear anything out.
(let ((throwing (ffi:make-callback (lambda (n) (throw 'out n)) :int '(:int))))
  (format t "~S~%" (loop repeat 10000 always (eql 0 (catch 'out (sum-of-calls throwing 1) :missed)))))
;; An exit that waited and was replaced, or whose caller was left, does not come back.
(let ((two (ffi:make-callback (lambda (n) (throw 'out n)) :int '(:int))))
  (format t "~S~%" (list (catch 'out (sum-of-calls two 4))
                         (catch 'out (sum-of-calls twice 4))
                         (catch 'out (sum-of-calls two 1))
                         (catch 'out (sum-of-calls twice 4)))))

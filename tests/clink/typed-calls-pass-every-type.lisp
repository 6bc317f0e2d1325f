;;; Integers of every width, floats, pointers, strings and Lisp values go to C and come back.
(defmacro show (form) `(format t "~(~S~) = ~S~%" ',(car (last form)) (try ,form)))
(defmacro try (form)
  `(handler-case ,form
     (type-error (c) (list :type-error (type-error-datum c) (type-error-expected-type c)))))

(defmacro check-type-limits (name type low high)
  `(progn
     (defun ,(intern (string-upcase name)) (n) (ffi:external-call ,name ,type n ,type))
     (format t "~A: ~S~%" ,name
             (list (,(intern (string-upcase name)) ,low)
                   (,(intern (string-upcase name)) ,(1- high))
                   (try (,(intern (string-upcase name)) ,(1- low)))
                   (try (,(intern (string-upcase name)) ,(1+ high)))
                   (try (,(intern (string-upcase name)) 1.5))))))
(check-type-limits "next_i8" :int8 -128 127)
(check-type-limits "next_i16" :int16 -32768 32767)
(check-type-limits "next_i32" :int32 -2147483648 2147483647)
(check-type-limits "next_i64" :int64 -9223372036854775808 9223372036854775807)
(check-type-limits "next_u8" :uint8 0 255)
(check-type-limits "next_u16" :uint16 0 65535)
(check-type-limits "next_u32" :uint32 0 4294967295)
(check-type-limits "next_u64" :uint64 0 18446744073709551615)

(format t "~S~%" (list (ffi:external-call "half_f" :float 3 :float)
                       (ffi:external-call "half_d" :double 3 :double)
                       (ffi:external-call "half_d" :double 1/3 :double)
                       (ffi:external-call "half_d" :double 3.0 :double)
                       (try (ffi:external-call "half_d" :double 'x :double))
                       (try (ffi:external-call "half_f" :float "3" :float))))
(format t "~S~%" (list (ffi:external-call "not_b" :bool nil :bool) (ffi:external-call "not_b" :bool 17 :bool)))
(format t "~S~%" (list (ffi:external-call "dirty_i8" :int8) (ffi:external-call "dirty_u16" :uint16)
                       (ffi:external-call "dirty_bool" :bool)))
(format t "~S~%" (ffi:external-call "sum" :int8 -1 :double 2 :uint16 3 :float 4 :int64 5 :double 6 :uint8 7 :double 8
                                    :int32 9 :float 10 :uint64 11 :double 12 :int16 13 :double 14 :double 15
                                    :double 16 :double 17 :float 18.5 :double))

(ffi:def-function "greet" ((name :c-string) (other :c-string)) :returning :c-string)
(format t "~S~%" (list (greet "Jürgen" "λ") (greet nil "") (ffi:external-call "no_string" :c-string)))
(format t "~S~%" (list (try (greet 'symbol nil))
                       (handler-case (greet (format nil "a~Cb" (code-char 0)) nil) (error () :null-character))))
;; A string with a fill pointer, a displaced one, a long one.
(let ((filled (make-array 10 :element-type 'character :fill-pointer 3 :initial-element #\x))
      (displaced (make-array 3 :element-type 'character :displaced-to "abcdefg" :displaced-index-offset 2)))
  (format t "~S~%" (list (greet filled displaced) (greet (subseq filled 0 2) (make-string 3 :initial-element #\é)))))

(ffi:def-function ("address_of_cell" cell) ((i :int)) :returning :pointer)
(ffi:def-function "cell_at" ((p :pointer)) :returning :int)
(format t "~S~%" (list (cell -1) (cell-at nil) (typep (cell 0) 'ffi:foreign-pointer) (cell-at (cell 1))
                       (cell-at (ffi:pointer-address (cell 2))) (ffi:ref (cell 0) :int32 8)
                       (setf (ffi:ref (cell 0) :int32 4) -5) (cell-at (cell 1))
                       (try (cell-at "no pointer"))))

(let ((list (list 1 2)))
  (format t "~S~%" (list (eq list (ffi:external-call "same" :value list :value))
                         (ffi:external-call "same" :value 17 :value) (ffi:external-call "same" :value nil :value)
                         (ffi:external-call "pair" :value 'a :double 1/2 :value "b" :value))))
;; The values stay good while other arguments are converted.
(format t "~S~%" (loop repeat 3000
                       always (let ((p (ffi:external-call "pair" :value (list 1 2) :double (/ 1 4) :value (list 3) :value)))
                                (equal p '((1 2) 0.25d0 (3))))))

(dotimes (i 5) (ffi:external-call "count_call"))
(format t "~S~%" (list (ffi:external-call "count_call" :void) (ffi:external-call "counted_calls" :int)))
(format t "~S~%" (ffi:ff-call (ffi:external-call "pointer_to_half" :pointer) :double 9 :double))

(in-package "ROOK-KERNEL")
;;;; What sequence functions share: ranges, element loops, and the families NAME, NAME-IF,
;;;; NAME-IF-NOT, which differ only in how an element matches.

(defun %range-error (sequence start end length)
  (declare (ignore sequence))
  (error 'type-error
         :datum (cons start end)
         :expected-type `(cons (integer 0 ,length) (or null (integer ,start ,length)))))

;;; Checks bounds against LENGTH and answers the end.
(declaim (inline %check-range))
(defun %check-range (sequence start end length)
  (let ((stop (if end end length)))
    (if (and (%fixnump start) (%fixnump stop)
             (%fix<= 0 start) (%fix<= start stop) (%fix<= stop length))
        stop
        (progn (%range-error sequence start end length) 0))))

;;; The end for a loop over a list from START: the whole list needs no counting.
(defun %list-end (list start end)
  (if (and (null end) (eq start 0))
      most-positive-fixnum
      (%check-range list start end (%list-length list))))

(defun %vector-end (vector start end)
  (%check-range vector start end (%vector-length (%check-sequence-vector vector))))

(defun %check-sequence-vector (object)
  (if (vectorp object) object (%type-error object 'sequence)))

;;; What LOOP takes of a vector of any kind.
(defmacro %element (vector index)
  `(if (simple-string-p ,vector) (schar ,vector ,index) (aref ,vector ,index)))

;;; BODY with (REF i) reading element i of the simple vector under VECTOR, whose index 0 is at
;;; OFFSET. BODY appears twice: for general vectors, and for strings and specialised vectors.
(defmacro %with-data ((data offset ref) vector &body body)
  `(multiple-value-bind (,data ,offset) (%vector-data ,vector)
     (declare (fixnum ,offset))
     (if (simple-vector-p ,data)
         (macrolet ((,ref (index) `(%other-ref ,',data ,index))) ,@body)
         (macrolet ((,ref (index) `(%string-or-vector-ref ,',data ,index))) ,@body))))

(defmacro %string-or-vector-ref (data index)
  `(if (simple-string-p ,data) (schar ,data ,index) (%aref1 ,data ,index)))

;;; Loop over elements with their indexes; vectors go backwards when FROM-END, lists never do.
(defmacro %do-sequence ((element index sequence start end from-end) result &body body)
  (let ((rest (gensym "REST")) (stop (gensym "END")) (data (gensym "DATA"))
        (offset (gensym "OFFSET")) (ref (gensym "REF"))
        (limit (gensym "LIMIT")) (step (gensym "STEP")))
    `(if (listp ,sequence)
         (let ((,stop (%list-end ,sequence ,start ,end)))
           (declare (fixnum ,stop))
           (do ((,rest (nthcdr ,start ,sequence) (%cdr ,rest))
                (,index ,start (%fix+ ,index 1)))
               ((or (%fix>= ,index ,stop) (%end-of-list-p ,rest)) ,result)
             (declare (fixnum ,index))
             (let ((,element (%car ,rest))) ,@body)))
         (let* ((,stop (%vector-end ,sequence ,start ,end))
                (,step (if ,from-end -1 1))
                (,limit (if ,from-end (%fix- ,start 1) ,stop)))
           (declare (fixnum ,stop ,step ,limit))
           (%with-data (,data ,offset ,ref) ,sequence
             (do ((,index (if ,from-end (%fix- ,stop 1) ,start) (%fix+ ,index ,step)))
                 ((%fix= ,index ,limit) ,result)
               (declare (fixnum ,index))
               (let ((,element (,ref (%fix+ ,index ,offset)))) ,@body)))))))

;;; Defines the functions NAMES = (name name-if name-if-not). LEADING are parameters before the
;;; item or predicate; KEYWORDS are key parameters besides START, END, KEY, TEST and TEST-NOT. In
;;; BODY, (MATCHES-P element) is the test, applied to the element's key.
(defmacro %define-sequence-family (names (&key leading keywords) &body body)
  (let ((if-name (cadr names)) (if-not-name (caddr names))
        (keys `(,@keywords from-end (start 0) end key)))
    `(progn
       (defun ,(car names) (,@leading item sequence &key ,@keys test test-not)
         (let ((key (%key-function key)))
           (if (or test test-not)
               (let ((test (%test-function test test-not)))
                 (declare (function test))
                 (macrolet ((matches-p (element) `(funcall test item (%key key ,element))))
                   ,@body))
               (macrolet ((matches-p (element) `(eql item (%key key ,element))))
                 ,@body))))
       (defun ,if-name (,@leading predicate sequence &key ,@keys)
         (let ((predicate (%function predicate)) (key (%key-function key)))
           (declare (function predicate))
           (macrolet ((matches-p (element) `(funcall predicate (%key key ,element))))
             ,@body)))
       (defun ,if-not-name (,@leading predicate sequence &key ,@keys)
         (let ((predicate (%function predicate)) (key (%key-function key)))
           (declare (function predicate))
           (macrolet ((matches-p (element) `(not (funcall predicate (%key key ,element)))))
             ,@body))))))

;;; A :COUNT argument as a fixnum.
(defun %count-limit (count)
  (cond ((null count) most-positive-fixnum)
        ((not (integerp count)) (%type-error count '(or null integer)))
        ((minusp count) 0)
        ((%fixnump count) count)
        (t most-positive-fixnum)))

;;; The elements of a range as a fresh simple vector.
(defun %elements-vector (sequence start end)
  (if (listp sequence)
      (let* ((stop (%check-range sequence start end (%list-length sequence)))
             (vector (%primitive make-simple-vector (- stop start) nil))
             (rest (nthcdr start sequence)))
        (declare (fixnum stop))
        (dotimes (i (%fix- stop start) vector)
          (declare (fixnum i))
          (%set-other-ref vector i (%car rest))
          (setq rest (%cdr rest))))
      (let* ((stop (%vector-end sequence start end))
             (vector (%primitive make-simple-vector (- stop start) nil)))
        (declare (fixnum stop))
        (%with-data (data offset ref) sequence
          (dotimes (i (%fix- stop start) vector)
            (declare (fixnum i))
            (%set-other-ref vector i (ref (%fix+ (%fix+ i start) offset))))))))

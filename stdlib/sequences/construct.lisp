(in-package "ROOK-KERNEL")
;;;; Sequences of a given type: MAKE-SEQUENCE, CONCATENATE, MAP, MAP-INTO, REDUCE, MERGE, COERCE.

;;; What a sequence type specifier means: values are the vector kind, or LIST, or NULL, or CONS, and
;;; the exact length, or a list of those allowed, or NIL. An error when it is no sequence type.
(defun %parse-sequence-type (type)
  (let* ((type (%expand-type type))
         (name (if (consp type) (car type) type))
         (arguments (if (consp type) (cdr type) nil)))
    (case name
      ((list null cons) (values name nil))
      ((vector)
       (values (if (and arguments (not (eq (car arguments) '*)))
                   (%element-type-kind (car arguments))
                   +kind-simple-vector+)
               (%parse-dimension (cadr arguments))))
      ((array simple-array)
       (let ((dimensions (if (cdr arguments) (cadr arguments) '*)))
         (if (or (eq dimensions '*) (eql dimensions 1)
                 (and (consp dimensions) (null (cdr dimensions))))
             nil
             (%not-a-sequence-type type))
         (values (if (and arguments (not (eq (car arguments) '*)))
                     (%element-type-kind (car arguments))
                     +kind-simple-vector+)
                 (if (consp dimensions) (%parse-dimension (car dimensions)) nil))))
      ((simple-vector) (values +kind-simple-vector+ (%parse-dimension (car arguments))))
      ((string simple-string base-string simple-base-string)
       (values +kind-string+ (%parse-dimension (car arguments))))
      ((bit-vector simple-bit-vector)
       (values +kind-bit-vector+ (%parse-dimension (car arguments))))
      ((and or) (%parse-sequence-combination type arguments))
      (t (%not-a-sequence-type type)))))

(defun %parse-sequence-combination (type arguments)
  (if (eq (car type) 'and)
      (dolist (argument arguments (%not-a-sequence-type type))
        (if (subtypep argument 'sequence)
            (return (%parse-sequence-type argument))
            nil))
      (%parse-sequence-alternatives type arguments)))

;;; Alternatives must agree on the kind of sequence; the exact length is then a list of those allowed.
(defun %parse-sequence-alternatives (type alternatives)
  (let ((kind nil) (exact '()) (any-length nil))
    (dolist (alternative alternatives)
      (multiple-value-bind (this-kind this-exact) (%parse-sequence-type alternative)
        (cond ((or (null kind) (eql kind this-kind)) (setq kind this-kind))
              ((and (symbolp kind) (symbolp this-kind)) (setq kind 'list))
              (t (%not-a-sequence-type type)))
        (if this-exact (setq exact (cons this-exact exact)) (setq any-length t))))
    (if (null kind) (%not-a-sequence-type type) nil)
    (values kind (if any-length nil exact))))

(defun %parse-dimension (dimension)
  (if (integerp dimension) dimension nil))

(defun %not-a-sequence-type (type)
  (error 'type-error :datum type :expected-type '(satisfies %sequence-type-p)))

(defun %sequence-type-p (type)
  (if (subtypep type 'sequence) t nil))

(defun %length-mismatch (type length)
  (error 'type-error :datum length :expected-type type))

;;; A new sequence of TYPE with LENGTH elements, to be filled.
(defun %make-sequence-of-type (type length)
  (multiple-value-bind (kind exact) (%parse-sequence-type type)
    (if (or (null exact) (eql exact length) (and (consp exact) (%memq length exact)))
        nil
        (%length-mismatch type length))
    (case kind
      (list (make-list length))
      (null (if (eql length 0) nil (%length-mismatch type length)))
      (cons (if (eql length 0) (%length-mismatch type length) (make-list length)))
      (t (%make-vector kind length)))))

(defun make-sequence (type size &key (initial-element nil initial-element-p))
  (if (and (integerp size) (>= size 0)) nil (%type-error size 'unsigned-byte))
  (let ((sequence (%make-sequence-of-type type size)))
    (if initial-element-p (fill sequence initial-element) sequence)))

;;; A string needs no parsing of its type, and parts that are simple strings are copied as they are.
(defun %concatenate-strings (sequences length)
  (let ((result (%make-vector +kind-string+ length)) (at 0))
    (declare (fixnum at))
    (dolist (sequence sequences result)
      (let ((count (length sequence)))
        (declare (fixnum count))
        (if (simple-string-p sequence)
            (%copy-data result at sequence 0 count)
            (replace result sequence :start1 at))
        (setq at (%fix+ at count))))))

(defun concatenate (type &rest sequences)
  (let ((length 0))
    (declare (fixnum length))
    (dolist (sequence sequences)
      (setq length (+ length (the fixnum (length sequence)))))
    (if (or (eq type 'string) (eq type 'simple-string))
        (return-from concatenate (%concatenate-strings sequences length))
        nil)
    (let ((result (%make-sequence-of-type type length)))
      (if (listp result)
          (let ((cell result))
            (dolist (sequence sequences)
              (%do-sequence (element index sequence 0 nil nil) nil
                (rplaca cell element)
                (setq cell (%cdr cell)))))
          (let ((at 0))
            (declare (fixnum at))
            (dolist (sequence sequences)
              (replace result sequence :start1 at)
              (setq at (+ at (the fixnum (length sequence)))))))
      result)))

(defun map (type function sequence &rest more)
  (let ((function (%function function)))
    (declare (function function))
    (cond
      ((and (null type) (null more))
       (%do-sequence (element index sequence 0 nil nil) nil
         (funcall function element)))
      ((null type)
       (let ((cursors (%make-cursors (cons sequence more))))
         (do () ((%cursors-ended-p cursors) nil)
           (%apply function (%cursors-next cursors)))))
      (t (%sequence-from-list type (%map-to-list function sequence more))))))

(defun %map-to-list (function sequence more)
  (declare (function function))
  (let ((result nil))
    (if (null more)
        (%do-sequence (element index sequence 0 nil nil) nil
          (setq result (cons (funcall function element) result)))
        (let ((cursors (%make-cursors (cons sequence more))))
          (do () ((%cursors-ended-p cursors))
            (setq result (cons (%apply function (%cursors-next cursors)) result)))))
    (%nreverse-list result)))

;;; The elements of LIST as a sequence of TYPE; a list is returned as it is.
(defun %sequence-from-list (type list)
  (if (eq type 'list)
      list
      (let ((sequence (%make-sequence-of-type type (%list-length list))))
        (if (listp sequence) list (replace sequence list)))))

(defun map-into (result function &rest sequences)
  (let ((function (%function function)) (cursors (%make-cursors sequences)))
    (declare (function function))
    (if (listp result)
        (do ((cell result (%cdr cell)))
            ((or (%end-of-list-p cell) (%cursors-ended-p cursors)) result)
          (rplaca cell (%apply function (%cursors-next cursors))))
        (let ((end (array-total-size (%check-sequence-vector result))))
          (do ((i 0 (%fix+ i 1)))
              ((or (%fix>= i end) (%cursors-ended-p cursors))
               (if (array-has-fill-pointer-p result) (%set-fill-pointer result i) nil)
               result)
            (declare (fixnum i))
            (%set-aref1 result i (%apply function (%cursors-next cursors))))))))

(defun reduce (function sequence &key key from-end (start 0) end
                                   (initial-value nil initial-value-p))
  (let ((function (%function function)) (key (%key-function key))
        (result initial-value) (started initial-value-p))
    (declare (function function))
    (if (and from-end (listp sequence))
        (setq sequence (%elements-vector sequence start end) start 0 end nil)
        nil)
    (%do-sequence (element index sequence start end from-end) nil
      (let ((value (%key key element)))
        (cond ((not started) (setq result value) (setq started t))
              (from-end (setq result (funcall function value result)))
              (t (setq result (funcall function result value))))))
    (if started result (funcall function))))

(defun merge (type sequence1 sequence2 predicate &key key)
  (%sequence-from-list
   type
   (%merge-lists (%to-fresh-list sequence1) (%to-fresh-list sequence2)
                 (%function predicate) (%key-function key))))

(defun %to-fresh-list (sequence)
  (let ((result nil))
    (%do-sequence (element index sequence 0 nil nil) nil
      (setq result (cons element result)))
    (%nreverse-list result)))

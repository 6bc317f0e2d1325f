(in-package "ROOK-KERNEL")
;;;; Element types: which kind of vector stores which, and back.

(defvar *kind-element-types*
  '((8 . t) (9 . character) (10 . character) (11 . bit)
    (12 . (unsigned-byte 8)) (13 . (signed-byte 8))
    (14 . (unsigned-byte 16)) (15 . (signed-byte 16))
    (16 . (unsigned-byte 32)) (17 . (signed-byte 32))
    (18 . (unsigned-byte 64)) (19 . (signed-byte 64))
    (20 . single-float) (21 . double-float)))

(defun %kind-element-type (kind)
  (let ((entry (assoc kind *kind-element-types*)))
    (if entry (cdr entry) t)))

;;; The narrowest kind that holds all integers from LOW to HIGH (NIL: unbounded).
(defun %integer-range-kind (low high)
  (cond ((or (null low) (null high)) +kind-simple-vector+)
        ((and (<= 0 low) (<= high 1)) +kind-bit-vector+)
        ((and (<= 0 low) (<= high 255)) +kind-vector-u8+)
        ((and (<= -128 low) (<= high 127)) +kind-vector-s8+)
        ((and (<= 0 low) (<= high 65535)) +kind-vector-u16+)
        ((and (<= -32768 low) (<= high 32767)) +kind-vector-s16+)
        ((and (<= 0 low) (<= high 4294967295)) +kind-vector-u32+)
        ((and (<= -2147483648 low) (<= high 2147483647)) +kind-vector-s32+)
        ((and (<= -9223372036854775808 low) (<= high 9223372036854775807)) +kind-vector-s64+)
        ((and (<= 0 low) (<= high 18446744073709551615)) +kind-vector-u64+)
        (t +kind-simple-vector+)))

;;; The kind of vector for an element type.
(defun %element-type-kind (type)
  (cond
    ((eq type 't) +kind-simple-vector+)
    ((or (eq type 'character) (eq type 'base-char) (eq type 'standard-char)
         (eq type 'extended-char))
     +kind-string+)
    ((eq type 'bit) +kind-bit-vector+)
    ((eq type 'fixnum) +kind-vector-s64+)
    ((or (eq type 'double-float) (eq type 'long-float)) +kind-vector-f64+)
    ((or (eq type 'single-float) (eq type 'short-float)) +kind-vector-f32+)
    ((or (null type) (eq type '*)) +kind-simple-vector+)
    ((symbolp type)
     (multiple-value-bind (expansion expanded) (%expand-type-once type)
       (if expanded (%element-type-kind expansion) +kind-simple-vector+)))
    ((not (consp type)) (%type-error type 'type-specifier))
    (t (%compound-element-type-kind type))))

(defun %compound-element-type-kind (type)
  (let ((argument (if (consp (cdr type)) (cadr type) '*)))
    (case (car type)
      (unsigned-byte
       (if (integerp argument)
           (%integer-range-kind 0 (1- (ash 1 argument)))
           +kind-simple-vector+))
      (signed-byte
       (if (integerp argument)
           (%integer-range-kind (- (ash 1 (1- argument))) (1- (ash 1 (1- argument))))
           +kind-simple-vector+))
      (mod (%integer-range-kind 0 (1- argument)))
      (integer
       (%integer-range-kind (%integer-bound argument 1)
                            (%integer-bound (if (consp (cddr type)) (caddr type) '*) -1)))
      ((double-float long-float) +kind-vector-f64+)
      ((single-float short-float) +kind-vector-f32+)
      ((eql member) (%members-kind (cdr type)))
      ((and or not)
       (cond ((subtypep type 'character) (if (subtypep type nil) +kind-simple-vector+ +kind-string+))
             ((subtypep type 'integer)
              (dolist (kind '(11 12 13 14 15 16 17 19 18) +kind-simple-vector+)
                (if (subtypep type (%kind-element-type kind)) (return kind) nil)))
             ((subtypep type 'single-float) +kind-vector-f32+)
             ((subtypep type 'double-float) +kind-vector-f64+)
             (t +kind-simple-vector+)))
      (t (multiple-value-bind (expansion expanded) (%expand-type-once type)
           (if expanded (%element-type-kind expansion) +kind-simple-vector+))))))

;;; The inclusive bound that INTEGER's argument means, or NIL.
(defun %integer-bound (argument step)
  (cond ((integerp argument) argument)
        ((and (consp argument) (integerp (car argument))) (+ (car argument) step))
        (t nil)))

(defun %members-kind (members)
  (let ((low nil) (high nil) (characters t) (integers t))
    (dolist (member members)
      (if (characterp member) nil (setq characters nil))
      (if (integerp member)
          (progn
            (setq low (if low (min low member) member))
            (setq high (if high (max high member) member)))
          (setq integers nil)))
    (cond ((null members) +kind-simple-vector+)
          (integers (%integer-range-kind low high))
          (characters +kind-string+)
          (t +kind-simple-vector+))))

(defun upgraded-array-element-type (type &optional environment)
  (declare (ignore environment))
  (%kind-element-type (%element-type-kind type)))

(defun %default-element (kind)
  (case kind
    (8 0)
    ((9 10) (code-char 0))
    (20 0.0f0)
    (21 0.0d0)
    (t 0)))

;;; A vector of KIND and SIZE with default elements.
(defun %make-vector (kind size)
  (declare (fixnum kind))
  (if (%fix= kind +kind-simple-vector+)
      (%primitive make-simple-vector size 0)
      (%primitive make-raw-vector kind size)))

;;; A vector for results computed from elements of VECTOR: strings are made wide.
(defun %make-vector-like (vector size)
  (let ((kind (%array-data-kind vector)))
    (declare (fixnum kind))
    (%make-vector (if (%fix= kind +kind-base-string+) +kind-string+ kind) size)))

;;; Fills elements of a simple vector.
(defun %fill-simple-vector (vector item start end)
  (declare (fixnum start end))
  (macrolet ((fill-by (store)
               `(do ((i start (%fix+ i 1)))
                    ((%fix>= i end) vector)
                  (declare (fixnum i))
                  (,store vector i item))))
    ;; A store of what is known for a fixnum needs no barrier.
    (cond ((and (simple-vector-p vector) (%fixnump item)) (fill-by %set-other-ref))
          ((simple-vector-p vector) (fill-by %set-other-ref))
          ((simple-string-p vector) (fill-by %set-schar))
          (t (fill-by %set-aref1)))))

(in-package "ROOK-KERNEL")
;;;; Integers as bits: the logical functions, byte specifiers, BOOLE.

(defun logeqv (&rest integers)
  (let ((result -1))
    (dolist (integer integers result)
      (setq result (lognot (logxor result integer))))))

(declaim (inline lognand lognor logandc1 logandc2 logorc1 logorc2))
(defun lognand (integer1 integer2) (lognot (logand integer1 integer2)))
(defun lognor (integer1 integer2) (lognot (logior integer1 integer2)))
(defun logandc1 (integer1 integer2) (logand (lognot integer1) integer2))
(defun logandc2 (integer1 integer2) (logand integer1 (lognot integer2)))
(defun logorc1 (integer1 integer2) (logior (lognot integer1) integer2))
(defun logorc2 (integer1 integer2) (logior integer1 (lognot integer2)))

(defun logtest (integer1 integer2)
  (not (eql 0 (logand integer1 integer2))))

(defun logbitp (index integer)
  (if (and (integerp index) (>= index 0)) nil (%type-error index 'unsigned-byte))
  (cond ((and (%fixnump integer) (%fixnump index))
         (if (%fix< index 62)
             (eql 1 (logand 1 (ash integer (- index))))
             (%fix< integer 0)))
        ((%fixnump index) (%primitive logbitp index integer))
        (t (minusp integer))))

(defun integer-length (integer) (%primitive integer-length integer))
(defun logcount (integer) (%primitive logcount integer))

;;; Byte specifiers are conses (size . position).

(defun byte (size position)
  (if (and (integerp size) (>= size 0)) nil (%type-error size 'unsigned-byte))
  (if (and (integerp position) (>= position 0)) nil (%type-error position 'unsigned-byte))
  (cons size position))

(defun byte-size (bytespec) (car bytespec))
(defun byte-position (bytespec) (cdr bytespec))

(defun %byte-mask (size) (1- (ash 1 size)))

(defun ldb (bytespec integer)
  (logand (ash integer (- (cdr bytespec))) (%byte-mask (car bytespec))))

(defun dpb (newbyte bytespec integer)
  (let* ((mask (%byte-mask (car bytespec))) (position (cdr bytespec)))
    (logior (logandc2 integer (ash mask position))
            (ash (logand newbyte mask) position))))

(defun mask-field (bytespec integer)
  (logand integer (ash (%byte-mask (car bytespec)) (cdr bytespec))))

(defun deposit-field (newbyte bytespec integer)
  (let ((mask (ash (%byte-mask (car bytespec)) (cdr bytespec))))
    (logior (logandc2 integer mask) (logand newbyte mask))))

(defun ldb-test (bytespec integer)
  (not (eql 0 (mask-field bytespec integer))))

;;; Constant byte specifiers need no cons.

(eval-when (:compile-toplevel :load-toplevel :execute)
  (defun %constant-byte-p (form)
    (and (consp form) (eq (car form) 'byte)
         (consp (cdr form)) (%fixnump (cadr form)) (<= 0 (cadr form) 61)
         (consp (cddr form)) (%fixnump (caddr form)) (<= 0 (caddr form) 61))))

(define-compiler-macro ldb (&whole form bytespec integer)
  (if (%constant-byte-p bytespec)
      `(logand (ash ,integer ,(- (caddr bytespec))) ,(1- (ash 1 (cadr bytespec))))
      form))

(define-compiler-macro dpb (&whole form newbyte bytespec integer)
  (if (%constant-byte-p bytespec)
      (let ((mask (1- (ash 1 (cadr bytespec)))) (new (gensym "NEW")))
        `(let ((,new ,newbyte))
           (logior (logand ,integer ,(lognot (ash mask (caddr bytespec))))
                   (ash (logand ,new ,mask) ,(caddr bytespec)))))
      form))

(defun boole (operation integer1 integer2)
  (%check-number integer1 'integer)
  (%check-number integer2 'integer)
  (case operation
    (0 0)
    (1 -1)
    (2 integer1)
    (3 integer2)
    (4 (lognot integer1))
    (5 (lognot integer2))
    (6 (logand integer1 integer2))
    (7 (logior integer1 integer2))
    (8 (logxor integer1 integer2))
    (9 (lognot (logxor integer1 integer2)))
    (10 (lognand integer1 integer2))
    (11 (lognor integer1 integer2))
    (12 (logandc1 integer1 integer2))
    (13 (logandc2 integer1 integer2))
    (14 (logorc1 integer1 integer2))
    (15 (logorc2 integer1 integer2))
    (t (%type-error operation '(integer 0 15)))))

(in-package "ROOK-KERNEL")
;;;; Hash codes: SXHASH and the functions under EQUAL and EQUALP tables. All are non-negative
;;;; fixnums that do not depend on addresses.

(declaim (inline %mix-hash))
(defun %mix-hash (hash code)
  (declare (fixnum hash code))
  (%fixand most-positive-fixnum
           (%fixxor (%fix* hash 1000003) code)))

;;; Spreads the bits of a hash over all of the word, so that the low ones, which index tables, depend
;;; on all of them: multiplies by 2^62 / the golden ratio between two folds.
(declaim (inline %spread-hash))
(defun %spread-hash (hash)
  (declare (fixnum hash))
  (let ((product (%fixand most-positive-fixnum
                          (%fix* (%fixxor hash (%fixshr hash 32)) 2850178704830799621))))
    (declare (fixnum product))
    (%fixxor product (%fixshr product 32))))

;;; For characters and single-floats: the low bits of a fixnum do not count among the bits of its address.
(defun %immediate-hash (object)
  (%spread-hash (%fixand most-positive-fixnum (%address-bits object))))

(defun %symbol-hash (symbol)
  (%symbol-ref symbol +symbol-hash+))

(defun %string-hash (string)
  (%primitive string-hash string nil))

(defun %bit-vector-hash (vector)
  (let ((length (length vector)) (hash 17))
    (declare (fixnum length hash))
    (do ((i 0 (%fix+ i 1)))
        ((or (%fix= i length) (%fix= i 256)) (%mix-hash hash length))
      (declare (fixnum i))
      (setq hash (%mix-hash hash (%aref1 vector i))))))

;;; Numbers that are EQL have the same hash.
(defun %eql-number-hash (number)
  (cond ((%fixnump number) (%spread-hash (%fixand most-positive-fixnum number)))
        ((%single-float-p number) (%immediate-hash number))
        ((%ratiop number)
         (%mix-hash (%eql-number-hash (%other-ref number 0)) (%eql-number-hash (%other-ref number 1))))
        ((complexp number)
         (%mix-hash (%eql-number-hash (%other-ref number 0)) (%eql-number-hash (%other-ref number 1))))
        (t (%primitive raw-hash number))))

;;; Objects that are compared by identity: a hash by type.
(defun %identity-hash (object)
  (cond ((%instancep object)
         (let ((layout (%layout-of object)))
           (if (%layoutp layout) (%symbol-hash (%layout-name layout)) 11)))
        ((functionp object) 13)
        ((%otherp object) (%fix+ 1000 (%other-kind object)))
        (t 19)))

;;; DEPTH bounds what of a tree is looked at.
(defun %equal-hash (object depth)
  (declare (fixnum depth))
  (cond ((symbolp object) (%symbol-hash object))
        ((consp object) (%equal-hash-list object depth))
        ((numberp object) (%eql-number-hash object))
        ((characterp object) (%immediate-hash object))
        ((stringp object) (%string-hash object))
        ((bit-vector-p object) (%bit-vector-hash object))
        ((pathnamep object) (%pathname-hash object))
        (t (%identity-hash object))))

(defun %equal-hash-list (list depth)
  (declare (fixnum depth))
  (if (%fix= depth 0)
      23
      (let ((hash 29))
        (declare (fixnum hash))
        (do ((n 0 (%fix+ n 1)))
            ((or (atom list) (%fix= n 12))
             (if (or (consp list) (null list))
                 hash
                 (%mix-hash hash (%equal-hash list (%fix- depth 1)))))
          (declare (fixnum n))
          (setq hash (%mix-hash hash (%equal-hash (%car list) (%fix- depth 1))))
          (setq list (%cdr list))))))

(defun sxhash (object)
  (%spread-hash (%equal-hash object 4)))

;;; EQUALP.

;;; Numbers that are = have the same hash: by their value as a double-float.
(defun %equalp-number-hash (number)
  (cond ((complexp number) (%equalp-number-hash (realpart number)))
        ((and (%fixnump number) (%fix< number 9007199254740992) (%fix> number -9007199254740992))
         (%primitive raw-hash (%fixnum-to-double number)))
        (t (%primitive number-as-double-hash number))))

(defun %equalp-hash (object depth)
  (declare (fixnum depth))
  (cond ((symbolp object) (%symbol-hash object))
        ((numberp object) (%equalp-number-hash object))
        ((characterp object) (%folded-code object))
        ((%fix= depth 0) 31)
        ((consp object) (%equalp-hash-list object depth))
        ((arrayp object) (%equalp-hash-array object depth))
        ((%instancep object) (%equalp-hash-instance object depth))
        ((hash-table-p object) (%fix+ 37 (hash-table-count object)))
        (t (%identity-hash object))))

(defun %equalp-hash-list (list depth)
  (declare (fixnum depth))
  (let ((hash 41))
    (declare (fixnum hash))
    (do ((n 0 (%fix+ n 1)))
        ((or (atom list) (%fix= n 12))
         (if (listp list) hash (%mix-hash hash (%equalp-hash list (%fix- depth 1)))))
      (declare (fixnum n))
      (setq hash (%mix-hash hash (%equalp-hash (%car list) (%fix- depth 1))))
      (setq list (%cdr list)))))

(defun %equalp-hash-array (array depth)
  (declare (fixnum depth))
  (let ((hash 43))
    (declare (fixnum hash))
    (if (vectorp array)
        (let ((length (%vector-length array)))
          (declare (fixnum length))
          (do ((i 0 (%fix+ i 1)))
              ((or (%fix= i length) (%fix= i 32)) (%mix-hash hash length))
            (declare (fixnum i))
            (setq hash (%mix-hash hash (%equalp-hash (%aref1 array i) (%fix- depth 1))))))
        (dolist (dimension (array-dimensions array) hash)
          (setq hash (%mix-hash hash dimension))))))

(defun %equalp-hash-instance (object depth)
  (declare (fixnum depth))
  (let ((layout (%layout-of object)))
    (if (and (%layoutp layout) (eq (%layout-kind layout) :structure))
        (let ((hash (%symbol-hash (%layout-name layout))) (size (%layout-instance-size layout)))
          (declare (fixnum hash size))
          (do ((i 1 (%fix+ i 1)))
              ((or (%fix> i size) (%fix= i 9)) hash)
            (declare (fixnum i))
            (setq hash (%mix-hash hash (%equalp-hash (%primitive instance-slot object i) (%fix- depth 1))))))
        (if (pathnamep object) (%pathname-hash object) (%identity-hash object)))))

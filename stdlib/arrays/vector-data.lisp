(in-package "ROOK-KERNEL")
;;;; What an array is made of: tests by kind, the simple vector under an array header, lengths.

(declaim (inline %array-header-p))
(defun %array-header-p (object)
  (and (%otherp object) (%fix= (%other-kind object) +kind-array+)))

;;; Whether KIND is that of a vector without array header.
(declaim (inline %simple-vector-kind-p))
(defun %simple-vector-kind-p (kind)
  (declare (fixnum kind))
  (and (%fix>= kind +kind-simple-vector+) (%fix<= kind +kind-vector-f64+)))

(defun arrayp (object)
  (and (%otherp object)
       (let ((kind (%other-kind object)))
         (declare (fixnum kind))
         (and (%fix>= kind +kind-simple-vector+) (%fix<= kind +kind-array+)))))

(defun %simple-1d-p (object)
  (and (%otherp object) (%simple-vector-kind-p (%other-kind object))))

(defun vectorp (object)
  (and (%otherp object)
       (let ((kind (%other-kind object)))
         (declare (fixnum kind))
         (or (%simple-vector-kind-p kind)
             (and (%fix= kind +kind-array+)
                  (%fix= (%vector-size object) (%fix+ +array-dimensions+ 1)))))))

;;; Answers the simple vector that holds the elements of ARRAY and the index of the first of them.
;;; An error when ARRAY is displaced to an array that has since been adjusted to fewer elements.
(defun %vector-data (array)
  (if (%fix= (%other-kind array) +kind-array+)
      (let ((data array) (offset 0))
        (declare (fixnum offset))
        (do ()
            ((not (%fix= (%other-kind data) +kind-array+)))
          (setq offset (%fix+ offset (%other-ref data +array-offset+)))
          (setq data (%other-ref data +array-data+)))
        (if (%fix> (%fix+ offset (%other-ref array +array-total+)) (%vector-size data))
            (error "The array ~S is displaced to an array that has become too small." array)
            (values data offset)))
      (values array 0)))

;;; The kind of the vector that holds the elements of ARRAY.
(defun %array-data-kind (array)
  (do ()
      ((not (%fix= (%other-kind array) +kind-array+)) (%other-kind array))
    (setq array (%other-ref array +array-data+))))

(defun stringp (object)
  (or (simple-string-p object)
      (and (%array-header-p object)
           (%fix= (%vector-size object) (%fix+ +array-dimensions+ 1))
           (let ((kind (%array-data-kind object)))
             (declare (fixnum kind))
             (or (%fix= kind +kind-string+) (%fix= kind +kind-base-string+))))))

(defun simple-bit-vector-p (object)
  (and (%otherp object) (%fix= (%other-kind object) +kind-bit-vector+)))

(defun bit-vector-p (object)
  (and (%otherp object)
       (let ((kind (%other-kind object)))
         (declare (fixnum kind))
         (or (%fix= kind +kind-bit-vector+)
             (and (%fix= kind +kind-array+)
                  (%fix= (%vector-size object) (%fix+ +array-dimensions+ 1))
                  (%fix= (%array-data-kind object) +kind-bit-vector+))))))

;;; Length of a vector up to its fill pointer; the caller knows that it is one.
(declaim (inline %vector-length))
(defun %vector-length (vector)
  (if (%fix= (%other-kind vector) +kind-array+)
      (or (%other-ref vector +array-fill-pointer+) (%other-ref vector +array-total+))
      (%vector-size vector)))

(defun length (sequence)
  (cond ((listp sequence) (%list-length sequence))
        ((vectorp sequence) (%vector-length sequence))
        (t (%type-error sequence 'sequence))))

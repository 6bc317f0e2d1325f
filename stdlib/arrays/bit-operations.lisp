(in-package "ROOK-KERNEL")
;;;; The bitwise operations on bit arrays.

(defmacro %define-bit-operations (&rest definitions)
  `(progn
     ,@(%map1 #'(lambda (definition)
                  `(defun ,(car definition) (array1 array2 &optional result)
                     (%check-bit-arrays array1 array2)
                     (let ((result (%bit-result array1 result)))
                       (dotimes (i (array-total-size array1) result)
                         (declare (fixnum i))
                         (let ((x (row-major-aref array1 i)) (y (row-major-aref array2 i)))
                           (declare (fixnum x y))
                           (%set-row-major-aref result i (%fixand 1 ,(cadr definition))))))))
              definitions)))

(defun %check-bit-arrays (array1 array2)
  (%check-bit-array array1)
  (%check-bit-array array2)
  (if (equal (array-dimensions array1) (array-dimensions array2))
      nil
      (error "The bit arrays ~S and ~S have different dimensions." array1 array2)))

(defun %bit-result (array result)
  (cond ((eq result t) array)
        ((null result)
         (make-array (array-dimensions array) :element-type 'bit))
        (t (%check-bit-arrays array result) result)))

(%define-bit-operations
 (bit-and (%fixand x y))
 (bit-ior (%fixor x y))
 (bit-xor (%fixxor x y))
 (bit-eqv (%fixxor 1 (%fixxor x y)))
 (bit-nand (%fixxor 1 (%fixand x y)))
 (bit-nor (%fixxor 1 (%fixor x y)))
 (bit-andc1 (%fixand (%fixxor 1 x) y))
 (bit-andc2 (%fixand x (%fixxor 1 y)))
 (bit-orc1 (%fixor (%fixxor 1 x) y))
 (bit-orc2 (%fixor x (%fixxor 1 y))))

(defun bit-not (array &optional result)
  (%check-bit-array array)
  (let ((result (%bit-result array result)))
    (dotimes (i (array-total-size array) result)
      (declare (fixnum i))
      (%set-row-major-aref result i (%fixxor 1 (row-major-aref array i))))))

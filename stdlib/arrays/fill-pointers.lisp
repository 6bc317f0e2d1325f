(in-package "ROOK-KERNEL")
;;;; Fill pointers and ADJUST-ARRAY.

(defun %check-fill-vector (vector)
  (if (and (%array-header-p vector) (%other-ref vector +array-fill-pointer+))
      vector
      (%type-error vector '(and vector (satisfies array-has-fill-pointer-p)))))

(defun fill-pointer (vector)
  (%other-ref (%check-fill-vector vector) +array-fill-pointer+))

(defun %set-fill-pointer (vector new)
  (%check-fill-vector vector)
  (if (and (%fixnump new) (<= 0 new (%other-ref vector +array-total+)))
      nil
      (%type-error new `(integer 0 ,(%other-ref vector +array-total+))))
  (%set-other-ref vector +array-fill-pointer+ new)
  new)

(defun vector-push (new vector)
  (let ((index (fill-pointer vector)))
    (declare (fixnum index))
    (if (%fix>= index (%other-ref vector +array-total+))
        nil
        (progn
          (%set-aref1 vector index new)
          (%set-other-ref vector +array-fill-pointer+ (%fix+ index 1))
          index))))

(defun vector-push-extend (new vector &optional extension)
  (let ((index (fill-pointer vector)) (total (%other-ref vector +array-total+)))
    (declare (fixnum index total))
    (if (%fix>= index total)
        (let ((extension (or extension (max total 4))))
          (if (and (%fixnump extension) (plusp extension)) nil (%type-error extension '(integer 1)))
          (%resize-vector vector (+ total extension)))
        nil)
    (%set-aref1 vector index new)
    (%set-other-ref vector +array-fill-pointer+ (%fix+ index 1))
    index))

(defun vector-pop (vector)
  (let ((index (fill-pointer vector)))
    (declare (fixnum index))
    (if (%fix= index 0)
        (error "There is nothing left to pop from ~S." vector)
        (progn
          (%set-other-ref vector +array-fill-pointer+ (%fix- index 1))
          (%aref1 vector (%fix- index 1))))))

;;; Gives a vector header fresh data of SIZE elements that begin with the old ones.
(defun %resize-vector (vector size)
  (multiple-value-bind (data offset) (%vector-data vector)
    (let ((new (%make-vector (%other-kind data) size))
          (count (min size (%other-ref vector +array-total+))))
      (%primitive replace-vector new 0 data offset count)
      (%set-other-ref vector +array-data+ new)
      (%set-other-ref vector +array-offset+ 0)
      (%set-other-ref vector +array-displaced+ nil)
      (%set-other-ref vector +array-total+ size)
      (%set-other-ref vector +array-dimensions+ size)
      vector)))

(defun adjust-array (array dimensions &key (element-type t element-type-p)
                                        (initial-element nil initial-element-p)
                                        (initial-contents nil initial-contents-p)
                                        (fill-pointer nil fill-pointer-p)
                                        displaced-to displaced-index-offset)
  (%check-array array)
  (let* ((dimensions (%dimension-list dimensions))
         (total (%total-size dimensions))
         (kind (%array-data-kind array)))
    (if (= (%list-length dimensions) (array-rank array))
        nil
        (error "ADJUST-ARRAY cannot change the rank of an array."))
    (if (and element-type-p
             (not (equal (upgraded-array-element-type element-type) (%kind-element-type kind))))
        (error "ADJUST-ARRAY cannot change the element type of an array.")
        nil)
    (if (and fill-pointer (not (array-has-fill-pointer-p array)))
        (%type-error array '(and vector (satisfies array-has-fill-pointer-p)))
        nil)
    (let ((fill-pointer
            (cond ((not (array-has-fill-pointer-p array)) nil)
                  ((and fill-pointer-p fill-pointer)
                   (%check-fill-pointer fill-pointer dimensions))
                  ((> (fill-pointer array) total)
                   (error "The fill pointer exceeds the new size ~S." total))
                  (t (fill-pointer array)))))
      (if displaced-to
          (progn
            (%check-array displaced-to)
            (%check-displacement kind total displaced-to (or displaced-index-offset 0))
            (%install-array array displaced-to (or displaced-index-offset 0) fill-pointer t
                            total dimensions))
          (let ((data (%make-vector kind total)))
            (if initial-element-p (%fill-simple-vector data initial-element 0 total) nil)
            (if initial-contents-p
                (%fill-from-contents data dimensions initial-contents)
                (%copy-overlap array data dimensions))
            (%install-array array data 0 fill-pointer nil total dimensions))))))

;;; Changes ARRAY itself when it is adjustable, else makes a new array.
(defun %install-array (array data offset fill-pointer displaced total dimensions)
  (if (adjustable-array-p array)
      (let ((axis +array-dimensions+))
        (declare (fixnum axis))
        (%set-other-ref array +array-data+ data)
        (%set-other-ref array +array-offset+ offset)
        (%set-other-ref array +array-fill-pointer+ fill-pointer)
        (%set-other-ref array +array-displaced+ displaced)
        (%set-other-ref array +array-total+ total)
        (dolist (dimension dimensions array)
          (%set-other-ref array axis dimension)
          (setq axis (1+ axis))))
      (if (and (not displaced) (not fill-pointer) (consp dimensions) (null (cdr dimensions)))
          data
          (%make-array-header data offset fill-pointer nil displaced total dimensions))))

;;; Copies the elements of ARRAY whose subscripts are valid for DIMENSIONS too into DATA.
(defun %copy-overlap (array data dimensions)
  (let ((old-dimensions (array-dimensions array)))
    (labels ((copy (old new old-index new-index)
               (if (null old)
                   (%set-aref1 data new-index (row-major-aref array old-index))
                   (let ((old-stride (%total-size (cdr old))) (new-stride (%total-size (cdr new))))
                     (dotimes (i (min (car old) (car new)))
                       (copy (cdr old) (cdr new)
                             (+ old-index (* i old-stride))
                             (+ new-index (* i new-stride))))))))
      (copy old-dimensions dimensions 0 0))
    data))

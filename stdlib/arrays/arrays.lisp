(in-package "ROOK-KERNEL")
;;;; Making, reading and asking about arrays.

(defconstant array-rank-limit 1024)
(defconstant array-dimension-limit 1152921504606846975)
(defconstant array-total-size-limit 1152921504606846975)

(defun %check-array (object)
  (if (arrayp object) object (%type-error object 'array)))

(defun %check-vector (object)
  (if (vectorp object) object (%type-error object 'vector)))

(defun vector (&rest elements)
  (%primitive list-to-simple-vector elements))

;;; Dimensions.

(defun %check-dimension (dimension)
  (if (and (%fixnump dimension) (%fix>= dimension 0) (< dimension array-dimension-limit))
      dimension
      (%type-error dimension `(integer 0 (,array-dimension-limit)))))

(defun %dimension-list (dimensions)
  (if (listp dimensions)
      (progn (mapc #'%check-dimension dimensions) dimensions)
      (list (%check-dimension dimensions))))

(defun %total-size (dimensions)
  (let ((total 1))
    (dolist (dimension dimensions)
      (setq total (* total dimension)))
    (if (and (%fixnump total) (< total array-total-size-limit))
        total
        (error "An array of dimensions ~S is too large." dimensions))))

(defun %make-array-header (data offset fill-pointer adjustable displaced total dimensions)
  (let ((header (%primitive make-record +kind-array+
                            (+ +array-dimensions+ (%list-length dimensions)) nil))
        (i +array-dimensions+))
    (declare (fixnum i))
    (%set-other-ref header +array-data+ data)
    (%set-other-ref header +array-offset+ offset)
    (%set-other-ref header +array-fill-pointer+ fill-pointer)
    (%set-other-ref header +array-adjustable+ adjustable)
    (%set-other-ref header +array-displaced+ displaced)
    (%set-other-ref header +array-total+ total)
    (dolist (dimension dimensions header)
      (%set-other-ref header i dimension)
      (setq i (1+ i)))))

(defun %check-fill-pointer (fill-pointer dimensions)
  (cond ((null fill-pointer) nil)
        ((not (and (consp dimensions) (null (cdr dimensions))))
         (error "Only vectors have fill pointers."))
        ((eq fill-pointer t) (car dimensions))
        ((and (%fixnump fill-pointer) (<= 0 fill-pointer (car dimensions))) fill-pointer)
        (t (%type-error fill-pointer `(or (member t nil) (integer 0 ,(car dimensions)))))))

(defun make-array (dimensions &key (element-type t) (initial-element nil initial-element-p)
                                (initial-contents nil initial-contents-p)
                                adjustable fill-pointer displaced-to displaced-index-offset)
  (if (and (%fixnump dimensions) (eq element-type t) (not initial-contents-p)
           (not adjustable) (not fill-pointer) (not displaced-to))
      (%primitive make-simple-vector (%check-dimension dimensions)
                  (if initial-element-p initial-element 0))
      (let* ((dimension-list (%dimension-list dimensions))
             (total (%total-size dimension-list))
             (fill-pointer (%check-fill-pointer fill-pointer dimension-list))
             (kind (%element-type-kind element-type)))
        (if (and displaced-index-offset (not displaced-to))
            (error ":DISPLACED-INDEX-OFFSET needs :DISPLACED-TO.")
            nil)
        (if (and displaced-to (or initial-element-p initial-contents-p))
            (error ":DISPLACED-TO excludes initial elements and contents.")
            nil)
        (if (and initial-element-p initial-contents-p)
            (error ":INITIAL-ELEMENT and :INITIAL-CONTENTS exclude each other.")
            nil)
        (if displaced-to
            (%make-displaced-array dimension-list total kind displaced-to
                                   (or displaced-index-offset 0) fill-pointer adjustable)
            (let ((data (%make-vector kind total)))
              (if initial-element-p
                  (%fill-simple-vector data initial-element 0 total)
                  nil)
              (if initial-contents-p
                  (%fill-from-contents data dimension-list initial-contents)
                  nil)
              (if (and (consp dimension-list) (null (cdr dimension-list))
                       (null fill-pointer) (not adjustable))
                  data
                  (%make-array-header data 0 fill-pointer (if adjustable t nil) nil total
                                      dimension-list)))))))

(defun %make-displaced-array (dimensions total kind target offset fill-pointer adjustable)
  (%check-array target)
  (%check-displacement kind total target offset)
  (%make-array-header target offset fill-pointer (if adjustable t nil) t total dimensions))

(defun %check-displacement (kind total target offset)
  (let ((target-kind (%array-data-kind target)))
    (if (equal (%kind-element-type kind) (%kind-element-type target-kind))
        nil
        (error "An array of element type ~S cannot be displaced to one of ~S."
               (%kind-element-type kind) (%kind-element-type target-kind)))
    (if (and (%fixnump offset) (<= 0 offset) (<= (+ offset total) (array-total-size target)))
        nil
        (error "Displacement of ~S elements at offset ~S exceeds the target array."
               total offset))))

;;; Stores nested CONTENTS in row-major order into the simple vector DATA.
(defun %fill-from-contents (data dimensions contents)
  (let ((index 0))
    (declare (fixnum index))
    (labels ((store (dimensions contents)
               (if (null dimensions)
                   (progn (%set-aref1 data index contents) (setq index (1+ index)))
                   (progn
                     (if (= (length contents) (car dimensions))
                         nil
                         (error "The initial contents ~S do not have ~S elements."
                                contents (car dimensions)))
                     (if (listp contents)
                         (dolist (part contents) (store (cdr dimensions) part))
                         (dotimes (i (length contents))
                           (store (cdr dimensions) (%aref1 contents i))))))))
      (store dimensions contents))
    data))

;;; Queries.

(defun array-rank (array)
  (if (%array-header-p array)
      (- (%vector-size array) +array-dimensions+)
      (progn (%check-array array) 1)))

(defun array-total-size (array)
  (if (%array-header-p array)
      (%other-ref array +array-total+)
      (%vector-size (%check-array array))))

(defun array-dimension (array axis)
  (if (and (%fixnump axis) (%fix>= axis 0) (< axis (array-rank array)))
      (if (%array-header-p array)
          (%other-ref array (+ +array-dimensions+ axis))
          (%vector-size array))
      (%type-error axis `(integer 0 (,(array-rank array))))))

(defun array-dimensions (array)
  (let ((dimensions nil))
    (do ((axis (1- (array-rank array)) (1- axis)))
        ((< axis 0) dimensions)
      (declare (fixnum axis))
      (setq dimensions (cons (array-dimension array axis) dimensions)))))

(defun array-element-type (array)
  (%kind-element-type (%array-data-kind (%check-array array))))

(defun adjustable-array-p (array)
  (if (%array-header-p array)
      (%other-ref array +array-adjustable+)
      (progn (%check-array array) nil)))

(defun array-has-fill-pointer-p (array)
  (if (%array-header-p array)
      (if (%other-ref array +array-fill-pointer+) t nil)
      (progn (%check-array array) nil)))

(defun array-displacement (array)
  (if (and (%array-header-p array) (%other-ref array +array-displaced+))
      (values (%other-ref array +array-data+) (%other-ref array +array-offset+))
      (progn (%check-array array) (values nil 0))))

(defun %simple-array-p (object)
  (and (arrayp object)
       (or (not (%array-header-p object))
           (not (or (%other-ref object +array-fill-pointer+)
                    (%other-ref object +array-adjustable+)
                    (%other-ref object +array-displaced+))))))

(defun array-in-bounds-p (array &rest subscripts)
  (if (= (%list-length subscripts) (array-rank array))
      nil
      (error "Wrong number of subscripts for an array of rank ~S." (array-rank array)))
  (let ((axis 0))
    (declare (fixnum axis))
    (dolist (subscript subscripts t)
      (if (integerp subscript) nil (%type-error subscript 'integer))
      (if (and (>= subscript 0) (< subscript (array-dimension array axis)))
          nil
          (return nil))
      (setq axis (1+ axis)))))

;;; Element access.

(defun %row-major-index (array subscripts)
  (let ((rank (array-rank array)) (axis 0) (index 0))
    (declare (fixnum rank axis index))
    (if (= (%list-length subscripts) rank)
        nil
        (error "Wrong number of subscripts for an array of rank ~S: ~S" rank subscripts))
    (dolist (subscript subscripts index)
      (let ((dimension (array-dimension array axis)))
        (declare (fixnum dimension))
        (if (and (%fixnump subscript) (%fix>= subscript 0) (%fix< subscript dimension))
            (setq index (%fix+ (%fix* index dimension) subscript))
            (%index-error array subscript dimension))
        (setq axis (1+ axis))))))

(defun %index-error (array index size)
  (declare (ignore size))
  (%primitive index-error array index))

(defun array-row-major-index (array &rest subscripts)
  (%row-major-index array subscripts))

(defun row-major-aref (array index)
  (if (%array-header-p array)
      (if (and (%fixnump index) (%fix>= index 0) (%fix< index (%other-ref array +array-total+)))
          (multiple-value-bind (data offset) (%vector-data array)
            (declare (fixnum offset))
            (%aref1 data (%fix+ index offset)))
          (%index-error array index (array-total-size array)))
      (%aref1 (%check-array array) index)))

(defun %set-row-major-aref (array index new)
  (if (%array-header-p array)
      (if (and (%fixnump index) (%fix>= index 0) (%fix< index (%other-ref array +array-total+)))
          (multiple-value-bind (data offset) (%vector-data array)
            (declare (fixnum offset))
            (%set-aref1 data (%fix+ index offset) new))
          (%index-error array index (array-total-size array)))
      (%set-aref1 (%check-array array) index new))
  new)

(defun aref (array &rest subscripts)
  (if (and (consp subscripts) (null (%cdr subscripts)))
      (%aref1 array (%car subscripts))
      (row-major-aref array (%row-major-index array subscripts))))

(defun %set-aref (new array &rest subscripts)
  (if (and (consp subscripts) (null (%cdr subscripts)))
      (%set-aref1 array (%car subscripts) new)
      (%set-row-major-aref array (%row-major-index array subscripts) new))
  new)

(defun (setf aref) (new array &rest subscripts)
  (%apply #'%set-aref (list* new array subscripts)))

(defun bit (array &rest subscripts)
  (%apply #'aref (cons (%check-bit-array array) subscripts)))

(defun sbit (array &rest subscripts)
  (%apply #'aref (cons (%check-bit-array array) subscripts)))

(defun (setf bit) (new array &rest subscripts)
  (%apply #'%set-aref (list* new (%check-bit-array array) subscripts)))

(defun (setf sbit) (new array &rest subscripts)
  (%apply #'%set-aref (list* new (%check-bit-array array) subscripts)))

(defun %check-bit-array (array)
  (if (and (arrayp array) (%fix= (%array-data-kind array) +kind-bit-vector+))
      array
      (%type-error array '(array bit))))

;;; AREF with one or two subscripts needs no list of them.
(define-compiler-macro aref (&whole form array &rest subscripts)
  (cond ((and (consp subscripts) (null (cdr subscripts)))
         `(%aref1 ,array ,(car subscripts)))
        ((and (consp subscripts) (consp (cdr subscripts)) (null (cddr subscripts)))
         `(%aref2 ,array ,@subscripts))
        (t form)))

(define-compiler-macro %set-aref (&whole form new array &rest subscripts)
  (if (and (consp subscripts) (consp (cdr subscripts)) (null (cddr subscripts)))
      (let ((value (gensym "NEW")))
        `(let ((,value ,new)) (%set-aref2 ,array ,@subscripts ,value)))
      form))

;;; The row-major index for two subscripts.
(defun %row-major-index2 (array i j)
  (if (and (%array-header-p array) (%fix= (%vector-size array) (+ +array-dimensions+ 2)))
      (let ((rows (%other-ref array +array-dimensions+))
            (columns (%other-ref array (+ +array-dimensions+ 1))))
        (declare (fixnum rows columns))
        (cond ((not (and (%fixnump i) (%fix>= i 0) (%fix< i rows))) (%index-error array i rows))
              ((not (and (%fixnump j) (%fix>= j 0) (%fix< j columns))) (%index-error array j columns))
              (t (%fix+ (%fix* i columns) j))))
      (%row-major-index array (list i j))))

(defun %aref2 (array i j)
  (let ((index (%row-major-index2 array i j)))
    (declare (fixnum index))
    (multiple-value-bind (data offset) (%vector-data array)
      (declare (fixnum offset))
      (%aref1 data (%fix+ index offset)))))

(defun %set-aref2 (array i j new)
  (let ((index (%row-major-index2 array i j)))
    (declare (fixnum index))
    (multiple-value-bind (data offset) (%vector-data array)
      (declare (fixnum offset))
      (%set-aref1 data (%fix+ index offset) new))
    new))

;;; As for conses: slots of every kind of structure.
(defvar *waste*)
(defun age ()
  (dotimes (i 60) (setq *waste* (list i i))))

(defstruct point x (y nil :type list))
(defstruct (point-3 (:include point)) z)
;; A slot with a raw number among slots with objects.
(defstruct mixed a (weight 1d0 :type double-float) b)
(defstruct (record (:type vector)) a b)
(defstruct (row (:type list)) a b)
(defstruct wide
  a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19
  a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39)

(defmacro check (object &rest readers)
  `(let ((object ,object))
     (age)
     ,@(loop for reader in readers
             collect `(dotimes (round 3)
                        (setf (,reader object) (list round ',reader))
                        (age)
                        (unless (equal (,reader object) (list round ',reader))
                          (error "lost"))))
     (print (list ,@(loop for reader in readers collect `(,reader object))))))

(defun plain () (check (make-point) point-x point-y))
(defun inherited () (check (make-point-3) point-x point-3-y point-3-z))
(defun with-raw-slot () (check (make-mixed) mixed-a mixed-b))
(defun of-vector () (check (make-record) record-a record-b))
(defun of-list () (check (make-row) row-a row-b))
(defun with-many-slots () (check (make-wide) wide-a0 wide-a30 wide-a31 wide-a32 wide-a39))
(plain)
(inherited)
(with-raw-slot)
(of-vector)
(of-list)
(with-many-slots)
(terpri)

;;; A loop over several vectors whose lengths differ fails at the access that is out of range, with all
;;; stores before it done and none behind.
(deftype doubles () '(simple-array double-float (*)))

(defun doubles (n)
  (let ((v (make-array n :element-type 'double-float)))
    (dotimes (i n v) (setf (aref v i) (float i 1d0)))))

(defun add-into (a b c d n)
  (declare (type doubles a b c d) (fixnum n))
  (dotimes (i n)
    (incf (aref a i) 100d0)
    (incf (aref b i) (aref a i))
    (incf (aref c i) (aref b i))
    (incf (aref d i) (aref c i))))

(defun name (vector vectors)
  (aref "abcd" (position vector vectors)))

(defun try (la lb lc ld n)
  (let ((vectors (list (doubles la) (doubles lb) (doubles lc) (doubles ld))))
    (handler-case (progn (apply #'add-into (append vectors (list n))) (princ "done"))
      (error (e)
        (typecase e
          (type-error (format t "bad index ~S" (type-error-datum e)))
          (t (princ "other error")))))
    (dolist (v vectors) (format t " ~A ~S" (name v vectors) v))
    (terpri)))

(try 4 4 4 4 4)
(try 4 4 4 4 5)
(try 1 2 2 2 2)
(try 2 1 2 2 2)
(try 2 2 1 2 2)
(try 2 2 2 1 2)
(try 0 1 1 1 1)
(try 1 1 1 0 1)

;;; Neighbours of one vector: the largest offset decides only what comes in time.
(defun sums (v from to)
  (declare (type doubles v) (type (integer 0 1000) from to))
  (let ((done 0))
    (handler-case
        (loop for i of-type (integer 0 1000) from from below to do
          (setf (aref v i) -1d0)
          (setf (aref v (+ i 3)) -3d0)
          (setf (aref v (+ i 1)) -2d0)
          (incf done))
      (error () (princ "error ")))
    (format t "~D ~S~%" done v)))

(sums (doubles 6) 0 3)
(sums (doubles 6) 0 4)
(sums (doubles 6) 5 6)
(sums (doubles 6) 6 7)

;;; Indexes below zero.
(defun below (v i)
  (declare (type doubles v) (type (integer -10 10) i))
  (dotimes (k 2)
    (handler-case (setf (aref v (+ i k)) 1d0 (aref v (+ i k 1)) 2d0 (aref v (+ i k 2)) 3d0)
      (error () (format t "error at ~D~%" (+ i k)))))
  (print v) (terpri))
(below (doubles 4) -1)
(below (doubles 4) 1)

;;; A loop that calls only when something rare happens keeps its vectors, lists and instances where the
;;; collector finds and moves them.
(defstruct point (x 0d0 :type double-float) (y 0d0 :type double-float) (next nil))

(defun collect-sums (a b c)
  (declare (simple-vector a b) (type (simple-array double-float (*)) c))
  (let ((sums '()))
    (dotimes (i (length a) sums)
      (let ((x (svref a i)) (y (svref b i)))
        (declare (fixnum x y))
        (incf (aref c i) (* 2 (aref c i)))
        (push (cons (+ x y) (aref c i)) sums)
        (setf (svref b i) (length (the list (svref a (- (length a) i 1)))))))))

(defun walk (points sum)
  (declare (double-float sum))
  (let ((seen '()))
    (dolist (p points)
      (declare (type point p))
      (dolist (q points)
        (incf sum (- (point-x p) (point-x q)))
        (incf (point-y q) (* 0.5d0 (point-x p)))
        (setf (point-next q) p)
        (push q seen)))
    (values sum (length seen) (mapcar #'point-y points)
            (every (lambda (p) (eq (point-next p) (car (last points)))) points))))

(defun overflowing (v w)
  (declare (type (simple-array double-float (*)) v w))
  (let ((errors 0))
    (dotimes (i (length v) errors)
      (ignore-errors
        (handler-bind ((floating-point-overflow
                         (lambda (e) (declare (ignore e)) (make-list 1000) (incf errors))))
          (setf (aref w i) (* (aref v i) 1d200)))))))

(defun fixnums-to-bignums (v w)
  (declare (simple-vector v w))
  (let ((n (length v)))
    (dotimes (i n w)
      (let ((x (svref v i)))
        (declare (fixnum x))
        (setf (svref w i) (+ x x))
        (setf (svref v i) (- (ash (svref w i) -1) 1))))))

(let ((a (vector 1 2 3 4)) (b (vector 10 20 30 40)) (c (make-array 4 :element-type 'double-float :initial-element 1d0)))
  (format t "~A~%" (handler-case (collect-sums a b c) (type-error (e) (type-error-datum e))))
  (format t "~A ~A ~A~%" a b c))
(multiple-value-call #'format t "~A ~A ~A ~A~%"
  (walk (loop for i below 5 collect (make-point :x (float i 1d0))) 0d0))
(let ((v (make-array 3 :element-type 'double-float :initial-contents '(1d0 1d200 2d0)))
      (w (make-array 3 :element-type 'double-float :initial-element 0d0)))
  (format t "~A ~A~%" (overflowing v w) w))
(format t "~A~%" (fixnums-to-bignums (vector 1 most-positive-fixnum 3 most-negative-fixnum) (make-array 4)))

(defstruct body
  (x 0d0 :type double-float) (y 0d0 :type double-float) (z 0d0 :type double-float)
  (vx 0d0 :type double-float) (vy 0d0 :type double-float) (vz 0d0 :type double-float)
  (mass 0d0 :type double-float))

(defconstant +solar-mass+ (* 4d0 pi pi))
(defconstant +days+ 365.24d0)

(defun planet (x y z vx vy vz mass)
  (make-body :x x :y y :z z :vx (* vx +days+) :vy (* vy +days+) :vz (* vz +days+) :mass (* mass +solar-mass+)))

(defun make-system ()
  (list (planet 0d0 0d0 0d0 0d0 0d0 0d0 1d0)
        (planet 4.84143144246472090d0 -1.16032004402742839d0 -0.103622044471123109d0
                1.66007664274403694d-3 7.69901118419740425d-3 -6.90460016972063023d-5 9.54791938424326609d-4)
        (planet 8.34336671824457987d0 4.12479856412430479d0 -0.403523417114321381d0
                -2.76742510726411899d-3 4.99852801234917238d-3 2.30417297573763929d-5 2.85885980666130812d-4)
        (planet 12.8943695621391310d0 -15.1111514016986312d0 -0.223307578892655734d0
                2.96460137564761618d-3 2.37847173959480950d-3 -2.96589568540237556d-5 4.36624404335156298d-5)
        (planet 15.3796971148509165d0 -25.9193146099879641d0 0.179258772950371181d0
                2.68067772490389322d-3 1.62824170038242295d-3 -9.51592254519715870d-5 5.15138902046611451d-5)))

(defun offset-momentum (system)
  (let ((px 0d0) (py 0d0) (pz 0d0) (sun (car system)))
    (declare (double-float px py pz))
    (dolist (p system)
      (incf px (* (body-vx p) (body-mass p)))
      (incf py (* (body-vy p) (body-mass p)))
      (incf pz (* (body-vz p) (body-mass p))))
    (setf (body-vx sun) (/ (- px) +solar-mass+)
          (body-vy sun) (/ (- py) +solar-mass+)
          (body-vz sun) (/ (- pz) +solar-mass+))))

(defun advance (system dt)
  (declare (double-float dt))
  (loop for (a . rest) on system do
    (dolist (b rest)
      (let* ((dx (- (body-x a) (body-x b)))
             (dy (- (body-y a) (body-y b)))
             (dz (- (body-z a) (body-z b)))
             (dist2 (+ (* dx dx) (* dy dy) (* dz dz)))
             (mag (/ dt (* dist2 (sqrt dist2))))
             (ma (* (body-mass a) mag))
             (mb (* (body-mass b) mag)))
        (decf (body-vx a) (* dx mb))
        (decf (body-vy a) (* dy mb))
        (decf (body-vz a) (* dz mb))
        (incf (body-vx b) (* dx ma))
        (incf (body-vy b) (* dy ma))
        (incf (body-vz b) (* dz ma)))))
  (dolist (b system)
    (incf (body-x b) (* dt (body-vx b)))
    (incf (body-y b) (* dt (body-vy b)))
    (incf (body-z b) (* dt (body-vz b)))))

(defun energy (system)
  (let ((e 0d0))
    (declare (double-float e))
    (loop for (a . rest) on system do
      (incf e (* 0.5d0 (body-mass a)
                 (+ (* (body-vx a) (body-vx a)) (* (body-vy a) (body-vy a)) (* (body-vz a) (body-vz a)))))
      (dolist (b rest)
        (let ((dx (- (body-x a) (body-x b))) (dy (- (body-y a) (body-y b))) (dz (- (body-z a) (body-z b))))
          (decf e (/ (* (body-mass a) (body-mass b)) (sqrt (+ (* dx dx) (* dy dy) (* dz dz))))))))
    e))

(defun main (n)
  (let ((system (make-system)))
    (offset-momentum system)
    (format t "~,9F~%" (energy system))
    (dotimes (i n) (advance system 0.01d0))
    (format t "~,9F~%" (energy system))))

(main 1000000)

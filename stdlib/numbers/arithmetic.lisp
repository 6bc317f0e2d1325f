(in-package "ROOK-KERNEL")
;;;; N-ary functions that the compiler folds otherwise, parts of numbers, integer functions.

(defun /= (number &rest more)
  (%check-number number 'number)
  (dolist (next more)
    (%check-number next 'number))
  (do ((x number (%car rest)) (rest more (%cdr rest)))
      ((null rest) t)
    (if (dolist (y rest nil) (if (= x y) (return t) nil)) (return nil) nil)))

(defun max (number &optional (second nil second-p) &rest more)
  (if second-p
      (let ((result (%max2 number second)))
        (dolist (next more result)
          (setq result (%max2 result next))))
      (if (realp number) number (%type-error number 'real))))

(defun min (number &optional (second nil second-p) &rest more)
  (if second-p
      (let ((result (%min2 number second)))
        (dolist (next more result)
          (setq result (%min2 result next))))
      (if (realp number) number (%type-error number 'real))))

(defun gcd (&optional (first 0) (second 0) &rest more)
  (let ((result (%gcd2 first second)))
    (dolist (integer more result)
      (setq result (%gcd2 result integer)))))

(defun %gcd2 (x y)
  (if (and (%fixnump x) (%fixnump y))
      (let ((x (abs x)) (y (abs y)))
        (do ()
            ((eql y 0) x)
          (let ((next (rem x y)))
            (setq x y)
            (setq y next))))
      (%primitive gcd2 x y)))

(defun lcm (&rest integers)
  (let ((result 1))
    (dolist (integer integers result)
      (%check-number integer 'integer)
      (setq result
            (if (or (eql integer 0) (eql result 0))
                0
                (abs (* result (%truncate integer (%gcd2 result integer)))))))))

(defun signum (number)
  (cond ((%fixnump number)
         (cond ((%fix> number 0) 1) ((%fix< number 0) -1) (t 0)))
        ((complexp number) (if (= number 0) number (/ number (abs number))))
        ((plusp number) (if (floatp number) (float 1 number) 1))
        ((minusp number) (if (floatp number) (float -1 number) -1))
        (t (if (floatp number) number 0))))

;;; Parts.

(defun numerator (rational)
  (cond ((%ratiop rational) (%other-ref rational 0))
        ((integerp rational) rational)
        (t (%type-error rational 'rational))))

(defun denominator (rational)
  (cond ((%ratiop rational) (%other-ref rational 1))
        ((integerp rational) 1)
        (t (%type-error rational 'rational))))

(defun realpart (number)
  (cond ((complexp number) (%other-ref number 0))
        ((numberp number) number)
        (t (%type-error number 'number))))

(defun imagpart (number)
  (cond ((complexp number) (%other-ref number 1))
        ((floatp number) (* 0 number))
        ((numberp number) 0)
        (t (%type-error number 'number))))

(defun complex (realpart &optional (imagpart 0))
  (if (realp realpart) nil (%type-error realpart 'real))
  (if (realp imagpart) nil (%type-error imagpart 'real))
  (%primitive make-complex realpart imagpart))

(defun conjugate (number)
  (cond ((complexp number) (%primitive make-complex (%other-ref number 0) (- (%other-ref number 1))))
        ((numberp number) number)
        (t (%type-error number 'number))))

;;; Conversion.

(defun float (number &optional (prototype 1.0f0 prototype-p))
  (cond ((not prototype-p) (if (floatp number) number (%to-single number)))
        ((%double-float-p prototype) (%to-double number))
        ((%single-float-p prototype) (%to-single number))
        (t (%type-error prototype 'float))))

(define-compiler-macro float (&whole form number &optional (prototype 1.0f0))
  (cond ((%double-float-p prototype) `(%to-double ,number))
        ((and (%single-float-p prototype) (cddr form)) `(%to-single ,number))
        (t form)))

(defun rational (number) (%primitive rational number))
(defun rationalize (number) (%primitive rationalize number))

;;; Parts of floats. The runtime leaves the exponent as second value.

(defun decode-float (float)
  (let* ((significand (%primitive decode-float float)) (exponent (%second-value)))
    (values significand exponent (%primitive float-sign float))))

(defun integer-decode-float (float)
  (let* ((significand (%primitive integer-decode-float float)) (exponent (%second-value)))
    (values significand exponent (if (minusp (%primitive float-sign float)) -1 1))))

(defun scale-float (float exponent)
  (if (floatp float) nil (%type-error float 'float))
  (if (integerp exponent) nil (%type-error exponent 'integer))
  (%primitive scale-float float exponent))

(defun float-sign (float1 &optional (float2 (float 1 float1)))
  (%primitive copy-float-sign float1 float2))

(defun float-radix (float)
  (if (floatp float) 2 (%type-error float 'float)))

(defun float-digits (float)
  (cond ((%double-float-p float) 53)
        ((%single-float-p float) 24)
        (t (%type-error float 'float))))

(defun float-precision (float)
  (if (floatp float) nil (%type-error float 'float))
  (if (= float 0)
      0
      (min (float-digits float)
           (integer-length (values (integer-decode-float float))))))

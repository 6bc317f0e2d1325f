(in-package "ROOK-KERNEL")
;;;; FLOOR, CEILING, TRUNCATE, ROUND and their float versions. The runtime answers the quotient and
;;;; leaves the remainder as second value; fixnums are divided here.

(defun truncate (number &optional (divisor 1))
  (if (and (%fixnump number) (%fixnump divisor) (not (eql divisor 0)))
      (let ((quotient (%truncate number divisor)))
        (values quotient (- number (* quotient divisor))))
      (let* ((quotient (%primitive truncate2 number divisor)) (remainder (%second-value)))
        (values quotient remainder))))

(defun floor (number &optional (divisor 1))
  (if (and (%fixnump number) (%fixnump divisor) (not (eql divisor 0)))
      (let ((quotient (%floor number divisor)))
        (values quotient (- number (* quotient divisor))))
      (let* ((quotient (%primitive floor2 number divisor)) (remainder (%second-value)))
        (values quotient remainder))))

(defmacro %define-divisions (&rest definitions)
  `(progn
     ,@(%map1 #'(lambda (definition)
                  `(defun ,(car definition) (number &optional (divisor 1))
                     (let* ((quotient (%primitive ,(cadr definition) number divisor))
                            (remainder (%second-value)))
                       (values quotient remainder))))
              definitions)))

(%define-divisions (ceiling ceiling2) (round round2))

;;; The float versions: the quotient as a float of the remainder's format; a quotient of zero has the
;;; sign of the exact quotient.
(defmacro %define-float-divisions (&rest definitions)
  `(progn
     ,@(%map1 #'(lambda (definition)
                  `(defun ,(car definition) (number &optional (divisor 1))
                     (multiple-value-bind (quotient remainder) (,(cadr definition) number divisor)
                       (values (%float-quotient quotient remainder number divisor) remainder))))
              definitions)))

(%define-float-divisions (ffloor floor) (fceiling ceiling) (ftruncate truncate) (fround round))

(defun %float-quotient (quotient remainder number divisor)
  (let ((result (if (floatp remainder) (float quotient remainder) (float quotient))))
    (if (and (eql quotient 0) (floatp remainder)
             (not (eq (%negative-sign-p number) (%negative-sign-p divisor))))
        (- result)
        result)))

(defun %negative-sign-p (real)
  (if (floatp real) (minusp (%primitive float-sign real)) (minusp real)))

;;; Constant divisors keep the division inline.
(define-compiler-macro floor (&whole form number &optional (divisor 1))
  (if (and (%fixnump divisor) (not (eql divisor 0)))
      (let ((n (gensym "NUMBER")) (q (gensym "QUOTIENT")))
        `(let ((,n ,number))
           (if (%fixnump ,n)
               (let ((,q (%floor ,n ,divisor)))
                 (values ,q (- ,n (* ,q ,divisor))))
               (locally (declare (notinline floor)) (floor ,n ,divisor)))))
      form))

(define-compiler-macro truncate (&whole form number &optional (divisor 1))
  (if (and (%fixnump divisor) (not (eql divisor 0)))
      (let ((n (gensym "NUMBER")) (q (gensym "QUOTIENT")))
        `(let ((,n ,number))
           (if (%fixnump ,n)
               (let ((,q (%truncate ,n ,divisor)))
                 (values ,q (- ,n (* ,q ,divisor))))
               (locally (declare (notinline truncate)) (truncate ,n ,divisor)))))
      form))

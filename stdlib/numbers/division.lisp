(in-package "ROOK-KERNEL")
;;;; FLOOR, CEILING, TRUNCATE, ROUND and their float versions. The runtime answers the quotient and
;;;; leaves the remainder as second value; fixnums are divided here.

(defun truncate (number &optional (divisor 1))
  (if (and (%fixnump number) (%fixnump divisor) (not (eql divisor 0)))
      (let ((quotient (%truncate number divisor)))
        (values quotient (- number (* quotient divisor))))
      (let* ((quotient (%primitive truncate number divisor)) (remainder (%second-value)))
        (values quotient remainder))))

(defun floor (number &optional (divisor 1))
  (if (and (%fixnump number) (%fixnump divisor) (not (eql divisor 0)))
      (let ((quotient (%floor number divisor)))
        (values quotient (- number (* quotient divisor))))
      (let* ((quotient (%primitive floor number divisor)) (remainder (%second-value)))
        (values quotient remainder))))

(defmacro %define-divisions (&rest names)
  `(progn
     ,@(%map1 #'(lambda (name)
                  `(defun ,name (number &optional (divisor 1))
                     (let* ((quotient (%primitive ,name number divisor))
                            (remainder (%second-value)))
                       (values quotient remainder))))
              names)))

(%define-divisions ceiling round ffloor fceiling ftruncate fround)

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

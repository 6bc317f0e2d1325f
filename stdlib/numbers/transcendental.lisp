(in-package "ROOK-KERNEL")
;;;; The irrational functions, over the runtime's.

(defmacro %define-number-functions (&rest names)
  `(progn
     ,@(%map1 #'(lambda (name) `(defun ,name (number) (%primitive ,name number))) names)))

(%define-number-functions
 exp sin cos tan asin acos sinh cosh tanh asinh acosh atanh phase isqrt)

(defun atan (number1 &optional (number2 nil number2-p))
  (if number2-p
      (%primitive atan2 number1 number2)
      (%primitive atan number1)))

(defun log (number &optional (base nil base-p))
  (if base-p
      (%primitive log-to-base number base)
      (%primitive log number)))

(defun expt (base power)
  (if (and (%fixnump base) (%fixnump power) (%fix>= power 0) (%fix< power 64))
      (%expt-by-squaring base power)
      (%primitive expt2 base power)))

(define-compiler-macro expt (&whole form base power)
  (let ((number (gensym "BASE")))
    (case power
      (2 `(let ((,number ,base)) (* ,number ,number)))
      (3 `(let ((,number ,base)) (* ,number ,number ,number)))
      (t form))))

(defun %expt-by-squaring (base power)
  (declare (fixnum power))
  (let ((result 1))
    (do ()
        ((%fix= power 0) result)
      (if (%fix= 1 (%fixand power 1)) (setq result (* result base)) nil)
      (setq power (%fixshr power 1))
      (if (%fix= power 0) nil (setq base (* base base))))))

(defun cis (radians)
  (if (realp radians) nil (%type-error radians 'real))
  (complex (cos radians) (sin radians)))

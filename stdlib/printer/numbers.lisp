(in-package "ROOK-KERNEL")

;;;; Text of numbers: integers in any base, ratios, floats, complex numbers.

(defun %integer-text (n base)
  ;; N in BASE, without radix marks.
  (%primitive integer-to-string n base))

(defun %write-radix-prefix (base stream)
  (case base
    (2 (%write-simple-string "#b" stream))
    (8 (%write-simple-string "#o" stream))
    (16 (%write-simple-string "#x" stream))
    (t (%write-char #\# stream)
       (%write-simple-string (%integer-text base 10) stream)
       (%write-char #\r stream))))

(defun %output-integer (n stream)
  (let ((base *print-base*))
    (if *print-radix*
        (if (eql base 10)
            (progn (%write-simple-string (%integer-text n 10) stream)
                   (%write-char #\. stream))
            (progn (%write-radix-prefix base stream)
                   (%write-simple-string (%integer-text n base) stream)))
        (%write-simple-string (%integer-text n base) stream))))

(defun %output-ratio (n stream)
  (let ((base *print-base*))
    (when *print-radix* (%write-radix-prefix base stream))
    (%write-simple-string (%integer-text (numerator n) base) stream)
    (%write-char #\/ stream)
    (%write-simple-string (%integer-text (denominator n) base) stream)))

(defun %output-complex (n stream)
  (%write-simple-string "#C(" stream)
  (%output-number (realpart n) stream)
  (%write-char #\Space stream)
  (%output-number (imagpart n) stream)
  (%write-char #\) stream))

(defun %output-number (n stream)
  (cond ((integerp n) (%output-integer n stream))
        ((floatp n) (%output-float n stream))
        ((%ratiop n) (%output-ratio n stream))
        (t (%output-complex n stream))))

;;; Floats. The digits are the shortest that read back as the same number; K is the position of the
;;; decimal point, counted from before the first digit.

(defun %float-digits (x)
  ;; Digits of a positive float as a string, and K: the value is 0.DIGITS times 10 to the K.
  (let ((digits (%primitive float-to-digits x)))
    (values digits (%second-value))))

(defun %float-kind-marker (x)
  ;; The exponent marker that X needs, or NIL when it has the default format.
  (let ((marker (if (%single-float-p x) #\f #\d)))
    (case *read-default-float-format*
      ((single-float short-float) (if (%single-float-p x) nil marker))
      ((double-float long-float) (if (%single-float-p x) marker nil))
      (t marker))))

(defun %output-special-float (x stream)
  ;; Infinities and numbers that are not, which have no standard syntax.
  (when *print-readably*
    (error 'print-not-readable :object x))
  (let ((type (if (%single-float-p x) "SINGLE-FLOAT" "DOUBLE-FLOAT")))
    (%write-simple-string "#<" stream)
    (%write-simple-string type stream)
    (%write-simple-string (cond ((/= x x) " quiet NaN")
                                ((plusp x) " infinity")
                                (t " negative infinity"))
                          stream)
    (%write-char #\> stream)))

(defun %special-float-p (x)
  (or (/= x x) (/= (- x x) 0)))

(defun %output-exponent (marker exponent stream)
  (%write-char marker stream)
  (%write-simple-string (%integer-text exponent 10) stream))

(defun %output-digits-with-point (digits k stream)
  ;; In plain notation, at least one digit on each side of the point.
  (let ((n (length digits)))
    (cond ((<= k 0)
           (%write-simple-string "0." stream)
           (dotimes (i (- k)) (%write-char #\0 stream))
           (%write-simple-string digits stream))
          ((>= k n)
           (%write-simple-string digits stream)
           (dotimes (i (- k n)) (%write-char #\0 stream))
           (%write-simple-string ".0" stream))
          (t
           (%write-string digits stream 0 k)
           (%write-char #\. stream)
           (%write-string digits stream k n)))))

(defun %output-float (x stream)
  (if (%special-float-p x)
      (%output-special-float x stream)
      (let ((marker (%float-kind-marker x)))
        (when (minusp (float-sign x))
          (%write-char #\- stream))
        (if (zerop x)
            (progn (%write-simple-string "0.0" stream)
                   (when marker (%output-exponent marker 0 stream)))
            (let ((magnitude (abs x)))
              (multiple-value-bind (digits k) (%float-digits magnitude)
                (if (< -3 k 8)
                    (progn (%output-digits-with-point digits k stream)
                           (when marker (%output-exponent marker 0 stream)))
                    (progn (%output-digits-with-point digits 1 stream)
                           (%output-exponent (or marker #\e) (- k 1) stream)))))))))

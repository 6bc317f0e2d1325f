(in-package "ROOK-KERNEL")

;;;; Floats for FORMAT: ~F ~E ~G ~$. Rounding is of the exact value, halves away from zero; digits
;;;; beyond those that identify the number are zeros.

(defun %round-scaled (x power)
  ;; The integer nearest to X times ten to the POWER; X is not negative.
  (let ((scaled (* (rational x) (expt 10 power))))
    (floor (+ (* 2 scaled) 1) 2)))

(defun %zeros (n)
  (make-string (max n 0) :initial-element #\0))

(defun %fixed-parts (x fraction-digits scale)
  ;; The digits before and after the point of X times ten to the SCALE, as strings without
  ;; superfluous zeros, except that the fraction has FRACTION-DIGITS digits when that is not NIL.
  (multiple-value-bind (digits k) (if (zerop x) (values "" 0) (%float-digits x))
    (let* ((k (+ k scale))
           (n (length digits)))
      (cond ((or (null fraction-digits) (<= (- n k) fraction-digits))
             (let ((whole (cond ((<= k 0) "")
                                ((<= n k) (concatenate 'simple-string digits (%zeros (- k n))))
                                (t (subseq digits 0 k))))
                   (fraction (cond ((<= k 0) (concatenate 'simple-string (%zeros (if (plusp n) (- k) 0)) digits))
                                   ((<= n k) "")
                                   (t (subseq digits k)))))
               (values whole
                       (if fraction-digits
                           (concatenate 'simple-string fraction
                                        (%zeros (- fraction-digits (length fraction))))
                           fraction))))
            (t
             (let* ((rounded (%round-scaled x (+ scale fraction-digits)))
                    (text (if (zerop rounded) "" (%integer-text rounded 10)))
                    (text (concatenate 'simple-string
                                       (%zeros (- fraction-digits (length text))) text))
                    (point (- (length text) fraction-digits)))
               (values (subseq text 0 point) (subseq text point))))))))

(defun %strip-zeros (fraction)
  (subseq fraction 0 (let ((last (position #\0 fraction :test-not #'eql :from-end t)))
                       (if last (1+ last) 0))))

(defun %sign-text (x at)
  (cond ((minusp (float-sign x)) "-") (at "+") (t "")))

(defun %write-field (text width overflow pad stream)
  (cond ((and width overflow (> (length text) width))
         (dotimes (i width) (%write-char overflow stream)))
        (t (%pad-left text width (or pad #\Space) stream))))

(defun %format-fixed-text (x width fraction-digits scale at)
  ;; The text of ~F before padding.
  (let ((sign (%sign-text x at))
        (magnitude (abs x)))
    (multiple-value-bind (whole fraction) (%fixed-parts magnitude fraction-digits scale)
      (when (and width (null fraction-digits))
        ;; As many digits as there is room for.
        (let ((room (- width (length sign) (length whole) 1)))
          (when (> (length fraction) (max room 0))
            (multiple-value-setq (whole fraction)
              (%fixed-parts magnitude
                            (if (and (= (length whole) 0) (<= room 1))
                                (max room 1)
                                (max room 0))
                            scale))
            (setq fraction (%strip-zeros fraction)))))
      (let ((length (+ (length sign) (length whole) 1 (length fraction))))
        (when (and (string= fraction "") (null fraction-digits)
                   (or (null width) (< length width) (string= whole "")))
          (setq fraction "0")
          (incf length))
        (when (and (string= whole "")
                   (or (null width) (< length width) (string= fraction "")))
          (setq whole "0")))
      (concatenate 'simple-string sign whole "." fraction))))

(defun %as-float (n)
  ;; What the floating-point directives print for a number; NIL for anything that is no real.
  (cond ((floatp n) (if (%special-float-p n) nil n))
        ((rationalp n)
         (handler-case (coerce n 'single-float)
           (arithmetic-error () (coerce n 'double-float))))
        (t nil)))

(defun %format-other (n width stream)
  ;; For arguments that are no finite reals: as ~wA.
  (let ((text (let ((*print-base* 10) (*print-radix* nil)) (princ-to-string n))))
    (%write-simple-string (%simple-string text) stream)
    (when width (%write-spaces (- width (length text)) stream))))

(defun %format-fixed (stream n width fraction-digits scale overflow pad at)
  (let ((x (%as-float n)))
    (if x
        (%write-field (%format-fixed-text x width fraction-digits (or scale 0) at)
                      width overflow pad stream)
        (%format-other n width stream))))

;;; Exponents.

(defun %significant-digits (x n)
  ;; N significant digits of X as a string, and the position of the point as %FLOAT-DIGITS has it.
  ;; N may be NIL: as many as identify the number.
  (multiple-value-bind (digits k) (%float-digits x)
    (cond ((null n) (values digits k))
          ((>= n (length digits))
           (values (concatenate 'simple-string digits (%zeros (- n (length digits)))) k))
          (t
           (let ((text (%integer-text (%round-scaled x (- n k)) 10)))
             (cond ((> (length text) n) (values (subseq text 0 n) (1+ k)))
                   ((= (length text) n) (values text k))
                   (t (values (concatenate 'simple-string (%zeros (- n (length text))) text) k))))))))

(defun %exponent-text (exponent digits marker)
  (let ((text (%integer-text (abs exponent) 10)))
    (concatenate 'simple-string
                 (string marker)
                 (if (minusp exponent) "-" "+")
                 (%zeros (- (or digits 1) (length text)))
                 text)))

(defun %mantissa-parts (digits scale)
  ;; The digits before and after the point.
  (if (plusp scale)
      (let ((digits (concatenate 'simple-string digits (%zeros (- scale (length digits))))))
        (values (subseq digits 0 scale) (subseq digits scale)))
      (values "" (concatenate 'simple-string (%zeros (- scale)) digits))))

(defun %format-exponential (stream n width fraction-digits exponent-digits scale overflow pad marker at)
  (let ((x (%as-float n)))
    (if (null x)
        (%format-other n width stream)
        (let* ((scale (or scale 1))
               (marker (or marker (%float-kind-marker x) #\e))
               (sign (%sign-text x at))
               (wanted (cond ((null fraction-digits) nil)
                             ((plusp scale) (max 1 (+ fraction-digits 1)))
                             (t (max 1 (+ fraction-digits scale))))))
          (multiple-value-bind (digits k)
              (if (zerop x)
                  (values (%zeros (or wanted 1)) scale)
                  (%significant-digits (abs x) wanted))
            (let ((exponent (%exponent-text (- k scale) exponent-digits marker)))
              (when (and width (null fraction-digits) (not (zerop x)))
                (let ((room (- width (length sign) 1 (length exponent)
                               (if (plusp scale) 0 (- scale)))))
                  (when (> (length digits) (max room 1))
                    (multiple-value-setq (digits k) (%significant-digits (abs x) (max room 1 scale)))
                    (setq exponent (%exponent-text (- k scale) exponent-digits marker)))))
              (multiple-value-bind (whole fraction) (%mantissa-parts digits scale)
                (when (zerop x)
                  (setq whole (if (plusp scale) "0" "")
                        fraction (%zeros (if fraction-digits
                                             (if (plusp scale)
                                                 (- fraction-digits (1- scale))
                                                 fraction-digits)
                                             1))))
                (let ((length (+ (length sign) (length whole) 1 (length fraction)
                                 (length exponent))))
                  (when (and (string= fraction "") (null fraction-digits)
                             (or (null width) (< length width)))
                    (setq fraction "0")
                    (incf length))
                  (when (and (string= whole "") (or (null width) (< length width)))
                    (setq whole "0")))
                (if (and overflow width exponent-digits
                         (> (- (length exponent) 2) exponent-digits))
                    (dotimes (i width) (%write-char overflow stream))
                    (%write-field (concatenate 'simple-string sign whole "." fraction exponent)
                                  width overflow pad stream)))))))))

(defun %format-general (stream n width digits exponent-digits scale overflow pad marker at)
  (let ((x (%as-float n)))
    (if (null x)
        (%format-other n width stream)
        (multiple-value-bind (text k) (if (zerop x) (values "" 0) (%float-digits (abs x)))
          (let* ((room (if exponent-digits (+ exponent-digits 2) 4))
                 (digits (or digits (max (length text) (min k 7))))
                 (fraction-digits (- digits k)))
            (if (<= 0 fraction-digits digits)
                (progn
                  (%format-fixed stream x (if width (- width room) nil) fraction-digits nil
                                 overflow pad at)
                  (dotimes (i room) (%write-char #\Space stream)))
                (%format-exponential stream x width digits exponent-digits scale overflow pad
                                     marker at)))))))

(defun %format-dollars (stream n fraction-digits whole-digits width pad colon at)
  (let ((x (%as-float n)))
    (if (null x)
        (%format-other n width stream)
        (let ((sign (%sign-text x at))
              (width (or width 0))
              (pad (or pad #\Space)))
          (multiple-value-bind (whole fraction) (%fixed-parts (abs x) (or fraction-digits 2) 0)
            (let ((number (concatenate 'simple-string
                                       (%zeros (- (or whole-digits 1) (length whole)))
                                       whole "." fraction)))
              (if colon
                  (progn (%write-simple-string sign stream)
                         (%pad-left number (- width (length sign)) pad stream))
                  (%pad-left (concatenate 'simple-string sign number) width pad stream))))))))

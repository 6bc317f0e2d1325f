(in-package "ROOK-KERNEL")

;;;; Integers for FORMAT: ~D and its relatives with padding and commas, English words, Roman numerals.

(defun %pad-left (text width pad stream)
  (when width
    (dotimes (i (- width (length text)))
      (%write-char pad stream)))
  (%write-simple-string text stream))

(defun %add-commas (digits comma interval)
  ;; DIGITS with COMMA between groups.
  (let* ((length (length digits))
         (n (floor (1- length) interval))
         (text (make-string (+ length n)))
         (to (+ length n)))
    (do ((from (1- length) (1- from))
         (count 0 (1+ count)))
        ((< from 0) text)
      (when (and (plusp count) (zerop (mod count interval)))
        (setf (schar text (decf to)) comma))
      (setf (schar text (decf to)) (schar digits from)))))

(defun %format-integer (stream n base width pad comma interval colon at)
  (if (integerp n)
      (let ((digits (%integer-text (abs n) base)))
        (when colon (setq digits (%add-commas digits (or comma #\,) (or interval 3))))
        (if (or width at (minusp n))
            (%pad-left (concatenate 'simple-string
                                    (cond ((minusp n) "-") (at "+") (t ""))
                                    digits)
                       width (or pad #\Space) stream)
            (%write-simple-string digits stream)))
      ;; Not an integer: printed in that base without marks.
      (let ((*print-base* base) (*print-radix* nil))
        (princ n stream))))

;;; English.

(defvar *cardinal-ones*
  (vector "zero" "one" "two" "three" "four" "five" "six" "seven" "eight" "nine" "ten" "eleven"
          "twelve" "thirteen" "fourteen" "fifteen" "sixteen" "seventeen" "eighteen" "nineteen"))
(defvar *cardinal-tens*
  (vector nil nil "twenty" "thirty" "forty" "fifty" "sixty" "seventy" "eighty" "ninety"))
(defvar *ordinal-ones*
  (vector "zeroth" "first" "second" "third" "fourth" "fifth" "sixth" "seventh" "eighth" "ninth"
          "tenth" "eleventh" "twelfth" "thirteenth" "fourteenth" "fifteenth" "sixteenth"
          "seventeenth" "eighteenth" "nineteenth"))
(defvar *ordinal-tens*
  (vector nil "tenth" "twentieth" "thirtieth" "fortieth" "fiftieth" "sixtieth" "seventieth"
          "eightieth" "ninetieth"))
(defvar *periods*
  (vector "" " thousand" " million" " billion" " trillion" " quadrillion" " quintillion"
          " sextillion" " septillion" " octillion" " nonillion" " decillion" " undecillion"
          " duodecillion" " tredecillion" " quattuordecillion" " quindecillion" " sexdecillion"
          " septendecillion" " octodecillion" " novemdecillion" " vigintillion"))

(defun %write-small-cardinal (n stream)
  ;; N from 1 to 999.
  (multiple-value-bind (hundreds rest) (truncate n 100)
    (when (plusp hundreds)
      (write-string (svref *cardinal-ones* hundreds) stream)
      (write-string " hundred" stream)
      (when (plusp rest) (write-char #\Space stream)))
    (cond ((zerop rest))
          ((< rest 20) (write-string (svref *cardinal-ones* rest) stream))
          (t (multiple-value-bind (tens ones) (truncate rest 10)
               (write-string (svref *cardinal-tens* tens) stream)
               (when (plusp ones)
                 (write-char #\- stream)
                 (write-string (svref *cardinal-ones* ones) stream)))))))

(defun %write-cardinal-periods (n period stream)
  (multiple-value-bind (higher small) (truncate n 1000)
    (when (plusp higher)
      (%write-cardinal-periods higher (1+ period) stream))
    (when (plusp small)
      (when (plusp higher) (write-char #\Space stream))
      (%write-small-cardinal small stream)
      (write-string (svref *periods* period) stream))))

(defun %speakable-p (n)
  (< (abs n) (expt 1000 (length *periods*))))

(defun %write-cardinal (n stream)
  (cond ((not (%speakable-p n)) (%format-integer stream n 10 nil nil nil nil t nil))
        ((zerop n) (write-string "zero" stream))
        (t (when (minusp n) (write-string "negative " stream))
           (%write-cardinal-periods (abs n) 0 stream))))

(defun %write-ordinal (n stream)
  (if (%speakable-p n)
      (let ((magnitude (abs n)))
        (when (minusp n) (write-string "negative " stream))
        (multiple-value-bind (hundreds rest) (truncate magnitude 100)
          (when (plusp hundreds)
            (%write-cardinal (* hundreds 100) stream)
            (when (plusp rest) (write-char #\Space stream)))
          (cond ((and (zerop rest) (plusp hundreds)) (write-string "th" stream))
                ((< rest 20) (write-string (svref *ordinal-ones* rest) stream))
                (t (multiple-value-bind (tens ones) (truncate rest 10)
                     (if (zerop ones)
                         (write-string (svref *ordinal-tens* tens) stream)
                         (progn (write-string (svref *cardinal-tens* tens) stream)
                                (write-char #\- stream)
                                (write-string (svref *ordinal-ones* ones) stream))))))))
      (%format-integer stream n 10 nil nil nil nil t nil)))

;;; Roman numerals.

(defvar *roman-steps*
  '((1000 "M") (900 "CM") (500 "D") (400 "CD") (100 "C") (90 "XC") (50 "L") (40 "XL")
    (10 "X") (9 "IX") (5 "V") (4 "IV") (1 "I")))
(defvar *old-roman-steps*
  '((1000 "M") (500 "D") (100 "C") (50 "L") (10 "X") (5 "V") (1 "I")))

(defun %write-roman (n steps stream)
  (if (and (integerp n) (<= 1 n (if (eq steps *roman-steps*) 3999 4999)))
      (dolist (step steps)
        (do () ((< n (first step)))
          (write-string (second step) stream)
          (decf n (first step))))
      (%format-integer stream n 10 nil nil nil nil nil nil)))

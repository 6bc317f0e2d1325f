(in-package "ROOK-KERNEL")

;;;; Text of symbols: package prefixes, escapes, letter case. Strings and characters as well.

;;; Whether the reader would take a token for a number (CLHS 2.3.1.1).

(defun %digit-in-base-p (char base)
  (let ((weight (digit-char-p char 36)))
    (and weight (< weight base))))

(defun %potential-number-p (name base)
  ;; Only digits, signs, ratio and decimal points, ^, _ and single letters; a digit among them; a
  ;; good first character; no sign at the end.
  (let* ((length (length name))
         (first (char name 0))
         (has-digit nil))
    (and (or (%digit-in-base-p first base)
             (%memq first '(#\+ #\- #\. #\^ #\_)))
         (not (%memq (char name (1- length)) '(#\+ #\-)))
         (do ((i 0 (1+ i))
              (after-letter nil))
             ((= i length) has-digit)
           (let ((char (char name i)))
             (cond ((%digit-in-base-p char base)
                    (setq has-digit t after-letter nil))
                   ((%memq char '(#\+ #\- #\/ #\. #\^ #\_))
                    (setq after-letter nil))
                   ((alpha-char-p char)
                    ;; Letters next to one another are no number markers.
                    (when after-letter (return nil))
                    (setq after-letter t))
                   (t (return nil))))))))

(defun %only-dots-p (name)
  (dotimes (i (length name) t)
    (unless (eql (char name i) #\.) (return nil))))

(defun %delimiter-p (char)
  ;; Characters that end a token or mean something inside it.
  (or (%memq char '(#\" #\' #\( #\) #\, #\; #\` #\| #\\ #\: #\Space #\Newline #\Tab #\Page #\Return
                    #\Backspace #\Rubout))
      (< (char-code char) 32)
      (and (not (graphic-char-p char)) t)))

(defun %case-lost-p (char case)
  ;; Whether the reader would change the case of CHAR.
  (case case
    (:upcase (lower-case-p char))
    (:downcase (upper-case-p char))
    (t nil)))

(defun %needs-escape-p (name)
  (let ((length (length name))
        (case (readtable-case *readtable*)))
    (or (= length 0)
        (eql (char name 0) #\#)
        (dotimes (i length nil)
          (let ((char (char name i)))
            (when (or (%delimiter-p char) (%case-lost-p char case))
              (return t))))
        (%only-dots-p name)
        (%potential-number-p name *print-base*))))

;;; Letter case (CLHS 22.1.3.3.2).

(defun %write-capitalized (name stream convert-p)
  (let ((in-word nil))
    (dotimes (i (length name))
      (let ((char (char name i)))
        (%write-char (cond ((not (funcall convert-p char)) char)
                           (in-word (char-downcase char))
                           (t (char-upcase char)))
                     stream)
        (setq in-word (alphanumericp char))))))

(defun %write-converted (name stream converter)
  (dotimes (i (length name))
    (%write-char (funcall converter (char name i)) stream)))

(defun %invert-case (name)
  ;; Names whose letters are all of one case are inverted.
  (let ((upper nil) (lower nil))
    (dotimes (i (length name))
      (let ((char (char name i)))
        (when (both-case-p char)
          (if (upper-case-p char) (setq upper t) (setq lower t)))))
    (cond ((and upper lower) name)
          (upper (string-downcase name))
          (t (string-upcase name)))))

(defun %write-name-in-case (name stream)
  ;; NAME without escapes, as *PRINT-CASE* and the readtable's case want it.
  (let ((print-case *print-case*))
    (case (readtable-case *readtable*)
      (:upcase
       (case print-case
         (:upcase (%write-simple-string name stream))
         (:downcase (%write-converted name stream #'char-downcase))
         (t (%write-capitalized name stream #'upper-case-p))))
      (:downcase
       (case print-case
         (:downcase (%write-simple-string name stream))
         (:upcase (%write-converted name stream #'char-upcase))
         (t (%write-capitalized name stream #'lower-case-p))))
      (:invert (%write-simple-string (%simple-string (%invert-case name)) stream))
      (t (%write-simple-string name stream)))))

(defun %write-escaped-name (name stream)
  (%write-char #\| stream)
  (dotimes (i (length name))
    (let ((char (char name i)))
      (when (or (eql char #\|) (eql char #\\))
        (%write-char #\\ stream))
      (%write-char char stream)))
  (%write-char #\| stream))

(defun %write-name (name stream)
  (if (%needs-escape-p name)
      (%write-escaped-name name stream)
      (%write-name-in-case name stream)))

(defun %write-package-prefix (symbol stream)
  (let ((package (symbol-package symbol))
        (current *package*))
    (cond ((eq package current))
          ((null package)
           (when (or *print-gensym* *print-readably*)
             (%write-simple-string "#:" stream)))
          ((eq package *keyword-package*)
           (%write-char #\: stream))
          (t
           (unless (%symbol-status symbol current)
             (%write-name (%simple-string-copy (package-name package) 0) stream)
             (%write-simple-string (if (eq (%symbol-status symbol package) :external) ":" "::")
                                   stream))))))

(defun %symbol-status (symbol package)
  ;; How SYMBOL is accessible in PACKAGE; NIL when it is not.
  (let ((found (%primitive known-symbol (symbol-name symbol) package)))
    (and (eq found symbol) (%second-value))))

(defun %output-symbol (symbol stream)
  (let ((name (symbol-name symbol)))
    (if (or *print-escape* *print-readably*)
        (progn (%write-package-prefix symbol stream)
               (%write-name name stream))
        (%write-name-in-case name stream))))

;;; Strings and characters.

(defun %output-string (string stream)
  (multiple-value-bind (simple start end) (%simple-part string 0 nil)
    (if (or *print-escape* *print-readably*)
        (let ((from start))
          (%write-char #\" stream)
          (do ((i start (1+ i)))
              ((= i end))
            (let ((char (schar simple i)))
              (when (or (eql char #\") (eql char #\\))
                (%write-string simple stream from i)
                (%write-char #\\ stream)
                (setq from i))))
          (%write-string simple stream from end)
          (%write-char #\" stream))
        (%write-string simple stream start end))))

(defun %output-character (char stream)
  (if (or *print-escape* *print-readably*)
      (let ((name (if (graphic-char-p char) nil (char-name char))))
        (%write-simple-string "#\\" stream)
        (if name
            (%write-simple-string (%simple-string name) stream)
            (%write-char char stream)))
      (%write-char char stream)))

(in-package "ROOK-KERNEL")
;;;; Strings. Fresh strings that a program may change are wide, whatever they were made from.

(defun string (designator)
  (cond ((stringp designator) designator)
        ((symbolp designator) (%symbol-ref designator +symbol-name+))
        ((characterp designator)
         (let ((string (%primitive make-raw-vector +kind-string+ 1)))
           (%set-aref1 string 0 designator)
           string))
        (t (%type-error designator '(or string symbol character)))))

(defun make-string (size &key (initial-element nil initial-element-p) (element-type 'character))
  (if (eq element-type 'character)
      nil
      (if (subtypep element-type 'character) nil (%type-error element-type '(member character))))
  (let ((string (%primitive make-raw-vector +kind-string+ (%check-dimension size))))
    (if initial-element-p
        (%fill-simple-vector string (%check-character initial-element) 0 size)
        string)))

(defun char (string index)
  (if (simple-string-p string)
      (schar string index)
      (if (stringp string) (%aref1 string index) (%type-error string 'string))))

(define-compiler-macro char (string index)
  (let ((string-variable (gensym "STRING")) (index-variable (gensym "INDEX")))
    `(let ((,string-variable ,string) (,index-variable ,index))
       (if (simple-string-p ,string-variable)
           (schar ,string-variable ,index-variable)
           (locally (declare (notinline char)) (char ,string-variable ,index-variable))))))

(defun %set-char (string index new)
  (if (simple-string-p string)
      (%set-schar string index new)
      (if (stringp string)
          (%set-aref1 string index new)
          (%type-error string 'string)))
  new)

;;; Comparison.

;;; The index in STRING1 of the first difference of two ranges and how they compare there: negative,
;;; zero or positive. At the end of a range the shorter one is less.
(defun %compare-strings (string1 string2 start1 end1 start2 end2 fold)
  (let* ((string1 (string string1))
         (string2 (string string2))
         (stop1 (%check-range string1 start1 end1 (%vector-length string1)))
         (stop2 (%check-range string2 start2 end2 (%vector-length string2))))
    (declare (fixnum stop1 stop2))
    (multiple-value-bind (data1 offset1) (%vector-data string1)
      (multiple-value-bind (data2 offset2) (%vector-data string2)
        (declare (fixnum offset1 offset2))
        (do ((i start1 (%fix+ i 1))
             (j start2 (%fix+ j 1)))
            (nil)
          (declare (fixnum i j))
          (cond ((%fix= i stop1) (return (values i (if (%fix= j stop2) 0 -1))))
                ((%fix= j stop2) (return (values i 1))))
          (let ((x (char-code (schar data1 (%fix+ i offset1))))
                (y (char-code (schar data2 (%fix+ j offset2)))))
            (declare (fixnum x y))
            (if (%fix= x y)
                nil
                (progn
                  (if fold
                      (progn
                        (setq x (%folded-code (code-char x)))
                        (setq y (%folded-code (code-char y))))
                      nil)
                  (cond ((%fix< x y) (return (values i -1)))
                        ((%fix> x y) (return (values i 1))))))))))))

;;; Equality of whole simple strings is the common case. Those of one kind are compared by words, which
;;; nothing but EQ looks at; what follows the last character in its word is zero.
(defun %simple-strings-equal (string1 string2)
  (declare (simple-string string1 string2))
  (let ((length (%vector-size string1)) (kind (%other-kind string1)))
    (declare (fixnum length kind))
    (cond ((not (%fix= length (%vector-size string2))) nil)
          ((%fix= kind (%other-kind string2))
           (let ((words (if (%fix= kind +kind-base-string+)
                            (%fixshr (%fix+ length 7) 3)
                            (%fixshr (%fix+ length 1) 1))))
             (declare (fixnum words))
             (dotimes (i words t)
               (declare (fixnum i))
               (if (eq (%other-ref string1 i) (%other-ref string2 i)) nil (return nil)))))
          (t
           (dotimes (i length t)
             (declare (fixnum i))
             (if (eq (schar string1 i) (schar string2 i)) nil (return nil)))))))

(defun %string=2 (string1 string2)
  (if (and (simple-string-p string1) (simple-string-p string2))
      (%simple-strings-equal string1 string2)
      (eql 0 (nth-value 1 (%compare-strings string1 string2 0 nil 0 nil nil)))))

(defun string= (string1 string2 &key (start1 0) end1 (start2 0) end2)
  (if (and (simple-string-p string1) (simple-string-p string2)
           (eql start1 0) (eql start2 0) (null end1) (null end2))
      (%simple-strings-equal string1 string2)
      (multiple-value-bind (index order)
          (%compare-strings string1 string2 start1 end1 start2 end2 nil)
        (declare (ignore index))
        (eql order 0))))

(define-compiler-macro string= (&whole form string1 string2 &rest keywords)
  (if keywords form `(%string=2 ,string1 ,string2)))

(defun string-equal (string1 string2 &key (start1 0) end1 (start2 0) end2)
  (multiple-value-bind (index order)
      (%compare-strings string1 string2 start1 end1 start2 end2 t)
    (declare (ignore index))
    (eql order 0)))

;;; TEST is a form in ORDER.
(defmacro %define-string-comparison (name fold test)
  `(defun ,name (string1 string2 &key (start1 0) end1 (start2 0) end2)
     (multiple-value-bind (index order)
         (%compare-strings string1 string2 start1 end1 start2 end2 ,fold)
       (declare (fixnum order))
       (if ,test index nil))))

(%define-string-comparison string/= nil (not (%fix= order 0)))
(%define-string-comparison string< nil (%fix< order 0))
(%define-string-comparison string> nil (%fix> order 0))
(%define-string-comparison string<= nil (%fix<= order 0))
(%define-string-comparison string>= nil (%fix>= order 0))
(%define-string-comparison string-not-equal t (not (%fix= order 0)))
(%define-string-comparison string-lessp t (%fix< order 0))
(%define-string-comparison string-greaterp t (%fix> order 0))
(%define-string-comparison string-not-greaterp t (%fix<= order 0))
(%define-string-comparison string-not-lessp t (%fix>= order 0))

;;; Case.

;;; Applies a case change in place to a range of the simple string DATA.
(defun %recase (data start end change)
  (declare (fixnum start end) (simple-string data))
  (let ((in-word nil))
    (do ((i start (%fix+ i 1)))
        ((%fix>= i end) data)
      (declare (fixnum i))
      (let* ((old (schar data i))
             (new (case change
                    (:up (let ((code (char-code old)))
                           (declare (fixnum code))
                           (cond ((%fix>= code 128) (char-upcase old))
                                 ((and (%fix>= code 97) (%fix<= code 122)) (code-char (%fix- code 32)))
                                 (t old))))
                    (:down (let ((code (char-code old)))
                             (declare (fixnum code))
                             (cond ((%fix>= code 128) (char-downcase old))
                                   ((and (%fix>= code 65) (%fix<= code 90)) (code-char (%fix+ code 32)))
                                   (t old))))
                    (t (prog1 (if in-word (char-downcase old) (char-upcase old))
                         (setq in-word (alphanumericp old)))))))
        (if (eq old new) nil (%set-schar data i new))))))

(defmacro %define-case-functions (name destructive-name change)
  `(progn
     (defun ,name (string &key (start 0) end)
       (let* ((string (string string))
              (stop (%check-range string start end (%vector-length string))))
         (%recase (subseq string 0) start stop ,change)))
     (defun ,destructive-name (string &key (start 0) end)
       (if (stringp string) nil (%type-error string 'string))
       (let ((stop (%check-range string start end (%vector-length string))))
         (multiple-value-bind (data offset) (%vector-data string)
           (declare (fixnum offset))
           (%recase data (%fix+ start offset) (%fix+ stop offset) ,change)))
       string)))

(%define-case-functions string-upcase nstring-upcase :up)
(%define-case-functions string-downcase nstring-downcase :down)
(%define-case-functions string-capitalize nstring-capitalize :capital)

;;; Trimming.

;;; Whether CHARACTER is in the sequence BAG.
(defun %in-bag-p (character bag)
  (cond ((listp bag) (%member-eql character bag))
        ((simple-string-p bag)
         (dotimes (i (%vector-size bag) nil)
           (declare (fixnum i))
           (if (eq character (schar bag i)) (return t) nil)))
        (t (find character bag))))

(defun %trim (bag string left right)
  (let* ((string (string string)) (start 0) (end (%vector-length string)))
    (declare (fixnum start end))
    (macrolet ((ref (index) `(if (simple-string-p string) (schar string ,index) (%aref1 string ,index))))
      (if left
          (do ()
              ((or (%fix>= start end) (not (%in-bag-p (ref start) bag))))
            (setq start (%fix+ start 1)))
          nil)
      (if right
          (do ()
              ((or (%fix>= start end) (not (%in-bag-p (ref (%fix- end 1)) bag))))
            (setq end (%fix- end 1)))
          nil))
    (subseq string start end)))

(defun string-trim (character-bag string) (%trim character-bag string t t))
(defun string-left-trim (character-bag string) (%trim character-bag string t nil))
(defun string-right-trim (character-bag string) (%trim character-bag string nil t))

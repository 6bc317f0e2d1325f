(in-package "ROOK-KERNEL")
;;;; Characters: comparison, case, classes, codes, names.

(defconstant char-code-limit 1114112)

(declaim (inline %check-character))
(defun %check-character (object)
  (if (characterp object) object (%type-error object 'character)))

;;; COMPARE is a form in x and y, the codes of neighbouring characters.
(defmacro %define-character-comparison (name fold compare)
  (let ((code (if fold '%folded-code '%checked-code)))
    `(defun ,name (character &rest more)
       (let ((x (,code character)) (holds t))
         (declare (fixnum x))
         (dolist (next more holds)
           (let ((y (,code next)))
             (declare (fixnum y))
             (if ,compare nil (setq holds nil))
             (setq x y)))))))

(declaim (inline %checked-code))
(defun %checked-code (character)
  (char-code (%check-character character)))

;;; The code by which characters are compared regardless of case.
(defun %folded-code (character)
  (let ((code (char-code (%check-character character))))
    (declare (fixnum code))
    (cond ((%fix< code 128)
           (if (and (%fix>= code 97) (%fix<= code 122)) (%fix- code 32) code))
          ((%primitive both-case-p character)
           (char-code (%primitive char-upcase character)))
          (t code))))

(%define-character-comparison char= nil (%fix= x y))
(%define-character-comparison char< nil (%fix< x y))
(%define-character-comparison char> nil (%fix> x y))
(%define-character-comparison char<= nil (%fix<= x y))
(%define-character-comparison char>= nil (%fix>= x y))
(%define-character-comparison char-equal t (%fix= x y))
(%define-character-comparison char-lessp t (%fix< x y))
(%define-character-comparison char-greaterp t (%fix> x y))
(%define-character-comparison char-not-greaterp t (%fix<= x y))
(%define-character-comparison char-not-lessp t (%fix>= x y))

(defmacro %define-character-difference (name code)
  `(defun ,name (character &rest more)
     (let ((codes (cons (,code character) (%map1 #',code more))))
       (do ((rest codes (%cdr rest)))
           ((null rest) t)
         (if (%memq (%car rest) (%cdr rest)) (return nil) nil)))))

(%define-character-difference char/= %checked-code)
(%define-character-difference char-not-equal %folded-code)

;;; Two arguments need no list.
(defmacro %define-two-character-form (name two-argument-form)
  `(define-compiler-macro ,name (&whole form &rest characters)
     (if (and (consp characters) (consp (cdr characters)) (null (cddr characters)))
         (list* ',two-argument-form characters)
         form)))

(declaim (inline %char=/2 %char</2 %char>/2 %char<=/2 %char>=/2))
(defun %char=/2 (x y) (eq (%check-character x) (%check-character y)))
(defun %char</2 (x y) (%fix< (%checked-code x) (%checked-code y)))
(defun %char>/2 (x y) (%fix> (%checked-code x) (%checked-code y)))
(defun %char<=/2 (x y) (%fix<= (%checked-code x) (%checked-code y)))
(defun %char>=/2 (x y) (%fix>= (%checked-code x) (%checked-code y)))
(defun %char-equal/2 (x y)
  (or (eq (%check-character x) (%check-character y))
      (%fix= (%folded-code x) (%folded-code y))))

(%define-two-character-form char= %char=/2)
(%define-two-character-form char< %char</2)
(%define-two-character-form char> %char>/2)
(%define-two-character-form char<= %char<=/2)
(%define-two-character-form char>= %char>=/2)
(%define-two-character-form char-equal %char-equal/2)

;;; Classes and case. The runtime checks that the argument is a character.

(defun alpha-char-p (character) (%primitive alpha-char-p character))
(defun alphanumericp (character) (%primitive alphanumericp character))
(defun graphic-char-p (character) (%primitive graphic-char-p character))

;;; The case functions: ASCII is decided here, in terms of CODE; the rest by the runtime's tables.
(defmacro %define-case-function (name ascii)
  `(defun ,name (character)
     (let ((code (%checked-code character)))
       (declare (fixnum code))
       (if (%fix< code 128)
           ,ascii
           (%primitive ,name character)))))

(%define-case-function upper-case-p (and (%fix>= code 65) (%fix<= code 90)))
(%define-case-function lower-case-p (and (%fix>= code 97) (%fix<= code 122)))
(%define-case-function both-case-p
  (let ((upper (%fixand code 95))) (and (%fix>= code 65) (%fix>= upper 65) (%fix<= upper 90))))
(%define-case-function char-upcase
  (if (and (%fix>= code 97) (%fix<= code 122)) (code-char (%fix- code 32)) character))
(%define-case-function char-downcase
  (if (and (%fix>= code 65) (%fix<= code 90)) (code-char (%fix+ code 32)) character))

(defun standard-char-p (character)
  (let ((code (%checked-code character)))
    (or (and (%fix>= code 32) (%fix< code 127)) (%fix= code 10))))

(defun %check-radix (radix)
  (if (and (%fixnump radix) (%fix>= radix 2) (%fix<= radix 36))
      radix
      (%type-error radix '(integer 2 36))))

(defun digit-char-p (character &optional (radix 10))
  (let ((code (%checked-code character)) (radix (%check-radix radix)))
    (declare (fixnum code radix))
    (let ((weight (cond ((%fix< code 48) -1)
                        ((%fix<= code 57) (%fix- code 48))
                        ((%fix< code 65) -1)
                        ((%fix<= code 90) (%fix- code 55))
                        ((%fix< code 97) -1)
                        ((%fix<= code 122) (%fix- code 87))
                        ((%fix< code 128) -1)
                        (t (or (%primitive digit-char-p character radix) -1)))))
      (declare (fixnum weight))
      (if (and (%fix>= weight 0) (%fix< weight radix)) weight nil))))

(defun digit-char (weight &optional (radix 10))
  (let ((radix (%check-radix radix)))
    (declare (fixnum radix))
    (if (and (integerp weight) (>= weight 0)) nil (%type-error weight 'unsigned-byte))
    (cond ((not (and (%fixnump weight) (%fix< weight radix))) nil)
          ((%fix< weight 10) (code-char (%fix+ weight 48)))
          (t (code-char (%fix+ weight 55))))))

(defun char-int (character) (char-code character))

(defun char-name (character)
  (%primitive char-name (%check-character character)))

(defun name-char (name)
  (%primitive name-char (string name)))

(defun character (designator)
  (cond ((characterp designator) designator)
        ((and (stringp designator) (eql (length designator) 1)) (%aref1 designator 0))
        ((and (symbolp designator) (eql (length (symbol-name designator)) 1))
         (%aref1 (symbol-name designator) 0))
        (t (%type-error designator 'character-designator))))

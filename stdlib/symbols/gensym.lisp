(in-package "ROOK-KERNEL")
;;;; MAKE-SYMBOL, GENSYM and GENTEMP.
;;;; GENSYM is loaded early: macros of the kernel call it.

(defvar *gensym-counter* 0)

;;; The decimal digits of a non-negative integer, as a list of characters.
(defun %decimal-digits (n)
  (let ((digits nil))
    (tagbody
     again
       (setq digits (cons (code-char (+ 48 (rem n 10))) digits))
       (setq n (%truncate n 10))
       (if (eql n 0) nil (go again)))
    digits))

(defun %name-with-number (prefix n)
  (let* ((digits (%decimal-digits n))
         (name (%simple-string-copy prefix (%list-length digits)))
         (i (%string-length prefix)))
    (declare (fixnum i))
    (tagbody
     again
       (if (consp digits)
           (progn
             (%set-aref1 name i (%car digits))
             (setq i (%fix+ i 1))
             (setq digits (%cdr digits))
             (go again))
           nil))
    name))

;;; The length of a string of any kind, up to its fill pointer.
(defun %string-length (string)
  (if (simple-string-p string)
      (%vector-size string)
      (or (%other-ref string +array-fill-pointer+) (%other-ref string +array-total+))))

(defun make-symbol (name)
  (if (%stringp name)
      (%primitive make-symbol (%simple-string-copy name 0))
      (%type-error name 'string)))

;;; Whether a string of any kind has a character that needs more than a byte.
(defun %wide-string-p (string length)
  (declare (fixnum length))
  (let ((i 0) (wide nil))
    (declare (fixnum i))
    (tagbody
     again
       (if (%fix< i length)
           (if (%fix< (char-code (%aref1 string i)) 256)
               (progn (setq i (%fix+ i 1)) (go again))
               (setq wide t))
           nil))
    wide))

;;; A fresh simple string with the characters of STRING, as narrow as they allow, and room for
;;; EXTRA more narrow characters.
(defun %simple-string-copy (string extra)
  (let* ((length (%string-length string))
         (copy (%primitive make-raw-vector
                           (if (%wide-string-p string length) +kind-string+ +kind-base-string+)
                           (%fix+ length extra)))
         (i 0))
    (declare (fixnum length i))
    (tagbody
     again
       (if (%fix< i length)
           (progn (%set-aref1 copy i (%aref1 string i)) (setq i (%fix+ i 1)) (go again))
           nil))
    copy))

(defun %simple-string (string)
  (if (simple-string-p string) string (%simple-string-copy string 0)))

(defun gensym (&optional (prefix "G"))
  (cond ((%stringp prefix)
         (let ((n *gensym-counter*))
           (if (and (integerp n) (not (minusp n)))
               nil
               (progn
                 (setq *gensym-counter* 0)
                 (%type-error n 'unsigned-byte)))
           (setq *gensym-counter* (1+ n))
           (%primitive make-symbol (%name-with-number prefix n))))
        ((and (integerp prefix) (not (minusp prefix)))
         (%primitive make-symbol (%name-with-number "G" prefix)))
        (t (%type-error prefix '(or string unsigned-byte)))))

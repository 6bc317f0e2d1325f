(in-package "ROOK-KERNEL")
;;;; Access to parts of lists: the c[ad]r family, FIRST to TENTH, NTH, NTHCDR, LAST, lengths.

(defmacro %define-compositions (&rest definitions)
  `(progn
     (declaim (inline ,@(%map1 #'car definitions)))
     ,@(%map1 #'(lambda (definition)
                  (let ((form 'list))
                    (dolist (function (%reverse-list (cdr definition)))
                      (setq form (list function form)))
                    `(defun ,(car definition) (list) ,form)))
              definitions)))

(%define-compositions
 (caar car car) (cadr car cdr) (cdar cdr car) (cddr cdr cdr)
 (caaar car car car) (caadr car car cdr) (cadar car cdr car) (caddr car cdr cdr)
 (cdaar cdr car car) (cdadr cdr car cdr) (cddar cdr cdr car) (cdddr cdr cdr cdr)
 (first car) (second car cdr) (third car cdr cdr) (rest cdr))

(defmacro %define-long-compositions (&rest definitions)
  `(progn
     ,@(%map1 #'(lambda (definition)
                  (let ((form 'list))
                    (dolist (function (%reverse-list (cdr definition)))
                      (setq form (list function form)))
                    `(defun ,(car definition) (list) ,form)))
              definitions)))

(%define-long-compositions
 (caaaar car car car car) (caaadr car car car cdr) (caadar car car cdr car) (caaddr car car cdr cdr)
 (cadaar car cdr car car) (cadadr car cdr car cdr) (caddar car cdr cdr car) (cadddr car cdr cdr cdr)
 (cdaaar cdr car car car) (cdaadr cdr car car cdr) (cdadar cdr car cdr car) (cdaddr cdr car cdr cdr)
 (cddaar cdr cdr car car) (cddadr cdr cdr car cdr) (cdddar cdr cdr cdr car) (cddddr cdr cdr cdr cdr)
 (fourth car cdr cdr cdr) (fifth car cdr cdr cdr cdr) (sixth car cdr cdr cdr cdr cdr)
 (seventh car cdr cdr cdr cdr cdr cdr) (eighth car cdr cdr cdr cdr cdr cdr cdr)
 (ninth car cdr cdr cdr cdr cdr cdr cdr cdr) (tenth car cdr cdr cdr cdr cdr cdr cdr cdr cdr))

;;; LOOP asks it at each step.
(declaim (inline endp))
(defun endp (list)
  (cond ((consp list) nil)
        ((null list) t)
        (t (%type-error list 'list))))

;;; Checks a count argument; bignums are as good as the largest fixnum.
(defun %check-count (n)
  (cond ((%fixnump n) (if (%fix< n 0) (%type-error n 'unsigned-byte) n))
        ((and (integerp n) (plusp n)) most-positive-fixnum)
        (t (%type-error n 'unsigned-byte))))

(defun nthcdr (n list)
  (do ((i (%check-count n) (%fix- i 1))
       (rest list (%cdr rest)))
      ((%fix= i 0) rest)
    (declare (fixnum i))
    (if (consp rest)
        nil
        (if (null rest) (return nil) (%type-error rest 'list)))))

(defun nth (n list)
  (car (nthcdr n list)))

(defun %set-nth (n list new)
  (rplaca (nthcdr n list) new)
  new)

(defun last (list &optional (n 1))
  (let ((n (%check-count n)) (result list) (rest list))
    (declare (fixnum n))
    (if (listp list) nil (%type-error list 'list))
    (do ((i 0 (1+ i)))
        ((or (%fix>= i n) (atom rest)))
      (declare (fixnum i))
      (setq rest (%cdr rest)))
    (do ((mark nil) (due 1024) (i 0 (%fix+ i 1)))
        ((atom rest) result)
      (declare (fixnum i due))
      (setq rest (%cdr rest))
      (setq result (%cdr result))
      (cond ((and (eq rest mark) rest) (%type-error list 'list))
            ((%fix= i due) (setq mark rest) (setq due (%fix+ due due)))))))

(defun list-length (list)
  (do ((n 0 (+ n 2))
       (fast list (cddr fast))
       (slow list (cdr slow)))
      (nil)
    (declare (fixnum n))
    (cond ((endp fast) (return n))
          ((endp (%cdr fast)) (return (1+ n)))
          ((and (eq fast slow) (%fix> n 0)) (return nil)))))

(defun make-list (size &key initial-element)
  (let ((size (%check-count size)) (list nil))
    (declare (fixnum size))
    (if (%fix> size (ash (%primitive heap-limit) -4))
        (%raise-storage-exhausted (* 16 size) (%primitive heap-limit))
        nil)
    (dotimes (i size list)
      (declare (fixnum i))
      (setq list (cons initial-element list)))))

(defun butlast (list &optional (n 1))
  (let ((keep (- (%dotted-length list) (%check-count n))) (result nil))
    (declare (fixnum keep))
    (dotimes (i keep (%nreverse-list result))
      (setq result (cons (%car list) result))
      (setq list (%cdr list)))))

(defun nbutlast (list &optional (n 1))
  (let* ((n (%check-count n)) (keep (- (%dotted-length list) n)))
    (declare (fixnum n keep))
    (if (%fix<= keep 0)
        nil
        (progn
          (rplacd (nthcdr (1- keep) list) nil)
          list))))

;;; The number of conses of a list that may be dotted.
(defun %dotted-length (list)
  (if (listp list) nil (%type-error list 'list))
  (do ((n 0 (1+ n)) (rest list (%cdr rest)) (mark nil) (due 1024))
      ((atom rest) n)
    (declare (fixnum n due))
    (cond ((and (eq rest mark) rest) (%type-error list 'list))
          ((%fix= n due) (setq mark rest) (setq due (%fix+ due due))))))

(defun ldiff (list object)
  (if (listp list) nil (%type-error list 'list))
  (let ((result nil))
    (do ((rest list (%cdr rest)))
        ((atom rest) (%nreconc result (if (eql rest object) nil rest)))
      (if (eq rest object) (return (%nreverse-list result)) nil)
      (setq result (cons (%car rest) result)))))

(defun tailp (object list)
  (if (listp list) nil (%type-error list 'list))
  (do ((rest list (%cdr rest)))
      ((atom rest) (eql rest object))
    (if (eq rest object) (return t) nil)))

(defun revappend (list tail) (%revappend list tail))
(defun nreconc (list tail) (%nreconc list tail))

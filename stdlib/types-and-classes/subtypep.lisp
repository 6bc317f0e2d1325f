(in-package "ROOK-KERNEL")
;;;; SUBTYPEP. A specifier becomes a set: one component per kind of object, each with exact union
;;;; and difference where the kind allows it. What cannot be said exactly (SATISFIES, unknown names)
;;;; is bounded from above and from below; the answer is certain when the bounds decide.
;;;;
;;;; A set is a simple vector. Components:
;;;;   0 integer, 1 ratio, 2 single-float, 3 double-float, 4 character: intervals
;;;;   5 symbol (keywords apart), 6 keyword, 7 everything else by name: finite or cofinite lists
;;;;   8 complex, 9 function: bit masks
;;;;   10 array: list of (mask . dimensions)   11 cons: list of (car-set . cdr-set)
;;;;   12 instance: list of (positive-layouts . negative-layouts)

(defconstant +set-components+ 13)
(defconstant +all-array-kinds+ (1- (ash 1 44)))

(defun %empty-set ()
  (let ((set (%primitive make-simple-vector +set-components+ nil)))
    (dolist (i '(5 6 7)) (%set-svref set i '(nil)))
    (dolist (i '(8 9)) (%set-svref set i 0))
    set))

(defun %universal-set ()
  (let ((set (%empty-set)))
    (dolist (i '(0 1 2 3 4)) (%set-svref set i '((* . *))))
    (dolist (i '(5 6 7)) (%set-svref set i '(t)))
    (%set-svref set 8 7)
    (%set-svref set 9 1)
    (%set-svref set 10 (list (cons +all-array-kinds+ '*)))
    (%set-svref set 11 '((t . t)))
    (%set-svref set 12 '((nil)))
    set))

(defun %component-set (index value)
  (let ((set (%empty-set)))
    (%set-svref set index value)
    set))

;;; Intervals: lists of (low . high), each bound a number, (number) for an open one, or *. Sorted
;;; order is not needed: emptiness of A - B is all that is asked.

;;; Whether lower bound A admits no less than lower bound B does (A >= B).
(defun %low>= (a b)
  (cond ((eq b '*) t)
        ((eq a '*) nil)
        ((and (consp a) (consp b)) (>= (car a) (car b)))
        ((consp a) (>= (car a) b))
        ((consp b) (> a (car b)))
        (t (>= a b))))

(defun %high<= (a b)
  (cond ((eq b '*) t)
        ((eq a '*) nil)
        ((and (consp a) (consp b)) (<= (car a) (car b)))
        ((consp a) (<= (car a) b))
        ((consp b) (< a (car b)))
        (t (<= a b))))

;;; Whether no number lies between the bounds. DISCRETE: of the integers.
(defun %interval-empty-p (low high discrete)
  (cond ((or (eq low '*) (eq high '*)) nil)
        (discrete
         (> (if (consp low) (1+ (car low)) low) (if (consp high) (1- (car high)) high)))
        ((or (consp low) (consp high))
         (>= (if (consp low) (car low) low) (if (consp high) (car high) high)))
        (t (> low high))))

(defun %opposite-bound (bound)
  (if (consp bound) (car bound) (list bound)))

(defun %subtract-interval (intervals low high discrete)
  (let ((result nil))
    (dolist (interval intervals result)
      (let ((a (car interval)) (b (cdr interval)))
        (labels ((keep (low high)
                   (if (%interval-empty-p low high discrete)
                       nil
                       (setq result (cons (cons low high) result)))))
          ;; The part below LOW and the part above HIGH.
          (if (eq low '*)
              nil
              (let ((end (%opposite-bound low)))
                (keep a (if (%high<= b end) b end))))
          (if (eq high '*)
              nil
              (let ((start (%opposite-bound high)))
                (keep (if (%low>= a start) a start) b))))))))

(defun %subtract-intervals (a b discrete)
  (dolist (interval b a)
    (setq a (%subtract-interval a (car interval) (cdr interval) discrete))))

;;; Finite and cofinite lists: (nil . members) or (t . members left out).

(defun %subtract-finite (a b)
  (cond ((and (car a) (car b)) (cons nil (set-difference (cdr b) (cdr a))))
        ((car a) (cons t (union (cdr a) (cdr b))))
        ((car b) (cons nil (intersection (cdr a) (cdr b))))
        (t (cons nil (set-difference (cdr a) (cdr b))))))

(defun %union-finite (a b)
  (cond ((and (car a) (car b)) (cons t (intersection (cdr a) (cdr b))))
        ((car a) (cons t (set-difference (cdr a) (cdr b))))
        ((car b) (cons t (set-difference (cdr b) (cdr a))))
        (t (cons nil (union (cdr a) (cdr b))))))

;;; Arrays: the mask has a bit for each element kind, once for simple and once for other arrays.

(defun %array-mask (simple kind)
  (let ((mask (if kind (ash 1 kind) (1- (ash 1 22)))))
    (if simple mask (logior mask (ash mask 22)))))

(defun %dimensions-within-p (a b)
  (cond ((eq b '*) t)
        ((eq a '*) nil)
        ((not (eql (%list-length a) (%list-length b))) nil)
        (t (every #'(lambda (x y) (or (eq y '*) (eql x y))) a b))))

(defun %dimensions-disjoint-p (a b)
  (cond ((or (eq a '*) (eq b '*)) nil)
        ((not (eql (%list-length a) (%list-length b))) t)
        (t (notevery #'(lambda (x y) (or (eq x '*) (eq y '*) (eql x y))) a b))))

;;; BOUND is :UPPER or :LOWER: which side an inexact result may err on; or :EXISTS, when all that
;;; counts is whether something is left: taking away fixed dimensions never leaves nothing.
(defun %subtract-arrays (a b bound)
  (dolist (part b a)
    (let ((result nil))
      (dolist (rectangle a)
        (let ((mask (car rectangle)) (dimensions (cdr rectangle)))
          (cond ((%dimensions-disjoint-p dimensions (cdr part)) nil)
                ((%dimensions-within-p dimensions (cdr part))
                 (setq mask (logandc2 mask (car part))))
                ((eq bound :lower)
                 (setq mask (logandc2 mask (car part)))))
          (if (eql mask 0) nil (setq result (cons (cons mask dimensions) result)))))
      (setq a result))))

;;; Conses. A part T stands for the universal set.

(defun %subtract-parts (a b bound)
  (cond ((eq b t) (%empty-set))
        ((eq a t) (%subtract-sets (%universal-set) b bound))
        (t (%subtract-sets a b bound))))

(defun %intersect-parts (a b bound)
  (cond ((eq a t) b)
        ((eq b t) a)
        (t (%intersect-sets a b bound))))

(defun %subtract-conses (a b bound)
  (dolist (part b a)
    (let ((result nil))
      (dolist (rectangle a)
        ;; (X x Y) - (P x Q) = (X - P) x Y  union  (X and P) x (Y - Q)
        (let* ((x (car rectangle)) (y (cdr rectangle)) (p (car part)) (q (cdr part))
               (outside (%subtract-parts x p bound))
               (above (%subtract-parts y q bound)))
          (if (%set-empty-p outside) nil (setq result (cons (cons outside y) result)))
          (if (%set-empty-p above)
              nil
              (let ((inside (%intersect-parts x p bound)))
                (if (%part-empty-p inside)
                    nil
                    (setq result (cons (cons inside above) result)))))))
      (setq a result))))

;;; Instances.

(defun %layout-within-p (layout other)
  (if (%memq other (%layout-precedence-list layout)) t nil))

;;; Whether nothing can be an instance of both: structures inherit from one parent only.
(defun %layouts-disjoint-p (a b)
  (and (or (eq (%layout-kind a) :structure) (eq (%layout-kind b) :structure))
       (not (%layout-within-p a b))
       (not (%layout-within-p b a))))

(defun %instances-empty-p (positive negative)
  (or (some #'(lambda (p) (some #'(lambda (n) (%layout-within-p p n)) negative)) positive)
      (some #'(lambda (p) (some #'(lambda (q) (%layouts-disjoint-p p q)) positive)) positive)))

(defun %subtract-instances (a b)
  (dolist (part b a)
    (let ((result nil))
      (dolist (rectangle a)
        (let ((positive (car rectangle)) (negative (cdr rectangle)))
          ;; Take away (P1 and P2 ... and not N1 ...): what is not P1, or is P1 and not P2, ...
          (dolist (p (car part))
            (if (%instances-empty-p positive (cons p negative))
                nil
                (setq result (cons (cons positive (cons p negative)) result)))
            (setq positive (cons p positive)))
          (dolist (n (cdr part))
            (if (%instances-empty-p (cons n positive) negative)
                nil
                (setq result (cons (cons (cons n positive) negative) result))))))
      (setq a result))))

;;; Whole sets.

(defun %subtract-sets (a b bound)
  (let ((set (%empty-set)))
    (dolist (i '(0 4)) (%set-svref set i (%subtract-intervals (svref a i) (svref b i) t)))
    (dolist (i '(1 2 3)) (%set-svref set i (%subtract-intervals (svref a i) (svref b i) nil)))
    (dolist (i '(5 6 7)) (%set-svref set i (%subtract-finite (svref a i) (svref b i))))
    (dolist (i '(8 9)) (%set-svref set i (logandc2 (svref a i) (svref b i))))
    (%set-svref set 10 (%subtract-arrays (svref a 10) (svref b 10) bound))
    (%set-svref set 11 (%subtract-conses (svref a 11) (svref b 11) bound))
    (%set-svref set 12 (%subtract-instances (svref a 12) (svref b 12)))
    set))

(defun %union-sets (a b)
  (let ((set (%empty-set)))
    (dolist (i '(0 1 2 3 4 10 11 12)) (%set-svref set i (append (svref a i) (svref b i))))
    (dolist (i '(5 6 7)) (%set-svref set i (%union-finite (svref a i) (svref b i))))
    (dolist (i '(8 9)) (%set-svref set i (logior (svref a i) (svref b i))))
    set))

(defun %intersect-sets (a b bound)
  (%subtract-sets a
                  (%subtract-sets (%universal-set) b (if (eq bound :upper) :lower :upper))
                  bound))

(defun %set-empty-p (set)
  (and (null (svref set 0)) (null (svref set 1)) (null (svref set 2)) (null (svref set 3))
       (null (svref set 4))
       (equal (svref set 5) '(nil)) (equal (svref set 6) '(nil)) (equal (svref set 7) '(nil))
       (eql (svref set 8) 0) (eql (svref set 9) 0)
       (null (svref set 10))
       (every #'(lambda (rectangle)
                  (or (%part-empty-p (car rectangle)) (%part-empty-p (cdr rectangle))))
              (svref set 11))
       (null (svref set 12))))

(defun %part-empty-p (part)
  (and (not (eq part t)) (%set-empty-p part)))

;;; From specifiers to sets.

(defun %unknown-set (bound)
  (if (eq bound :upper) (%universal-set) (%empty-set)))

(defun %other-bound (bound)
  (if (eq bound :upper) :lower :upper))

(defun %interval-set (components low high)
  (let ((set (%empty-set)))
    (dolist (i components set)
      (let ((low (if (eql i 0) (%integer-low low) low))
            (high (if (eql i 0) (%integer-high high) high)))
        (if (%interval-empty-p low high (eql i 0))
            nil
            (%set-svref set i (list (cons low high))))))))

;;; The bounds for the integers of an interval of reals.
(defun %integer-low (bound)
  (cond ((eq bound '*) bound)
        ((consp bound) (1+ (floor (car bound))))
        (t (ceiling bound))))

(defun %integer-high (bound)
  (cond ((eq bound '*) bound)
        ((consp bound) (1- (ceiling (car bound))))
        (t (floor bound))))

(defun %bound-argument (arguments n)
  (if (nthcdr n arguments) (nth n arguments) '*))

(defun %specifier-set (type bound)
  (cond ((null type) (%empty-set))
        ((symbolp type) (%name-set type bound))
        ((consp type) (%compound-set (car type) (cdr type) type bound))
        ((%layoutp type) (%component-set 12 (list (list (list type)))))
        (t (%class-set type bound))))

;;; Sets of the names that stand for one component as a whole.
(defun %name-set (name bound)
  (case name
    ((t) (%universal-set))
    ((integer signed-byte) (%interval-set '(0) '* '*))
    (fixnum (%interval-set '(0) most-negative-fixnum most-positive-fixnum))
    (bignum (%subtract-sets (%interval-set '(0) '* '*)
                            (%interval-set '(0) most-negative-fixnum most-positive-fixnum) bound))
    (unsigned-byte (%interval-set '(0) 0 '*))
    (bit (%interval-set '(0) 0 1))
    (ratio (%interval-set '(1) '* '*))
    (rational (%interval-set '(0 1) '* '*))
    ((single-float short-float) (%interval-set '(2) '* '*))
    ((double-float long-float) (%interval-set '(3) '* '*))
    (float (%interval-set '(2 3) '* '*))
    (real (%interval-set '(0 1 2 3) '* '*))
    (number (%union-sets (%interval-set '(0 1 2 3) '* '*) (%component-set 8 7)))
    (complex (%component-set 8 7))
    ((character base-char) (%component-set 4 '((* . *))))
    (standard-char (%component-set 4 '((32 . 126) (10 . 10))))
    (extended-char (%empty-set))
    (null (%component-set 5 '(nil nil)))
    (boolean (%component-set 5 '(nil nil t)))
    (keyword (%component-set 6 '(t)))
    (symbol (%union-sets (%component-set 5 '(t)) (%component-set 6 '(t))))
    (cons (%component-set 11 '((t . t))))
    (list (%union-sets (%component-set 5 '(nil nil)) (%component-set 11 '((t . t)))))
    (atom (%subtract-sets (%universal-set) (%component-set 11 '((t . t))) bound))
    ((function compiled-function) (%component-set 9 1))
    ((array simple-array vector simple-vector string simple-string base-string simple-base-string
            bit-vector simple-bit-vector)
     (%array-set name))
    (sequence (%union-sets (%name-set 'list bound) (%array-set 'vector)))
    (t (%other-name-set name bound))))

(defun %array-set (type)
  (multiple-value-bind (simple kind dimensions) (%parse-array-type type)
    (%component-set 10 (list (cons (%array-mask simple kind) dimensions)))))

(defun %other-name-set (name bound)
  (multiple-value-bind (expansion expanded) (%expand-type-once name)
    (cond (expanded (%specifier-set expansion bound))
          ((%find-layout name) (%component-set 12 (list (list (list (%find-layout name))))))
          ((%get-property name '%type-predicate) (%builtin-set name))
          ((%class-of-name name) (%class-set (%class-of-name name) bound))
          (t (%unknown-set bound)))))

;;; Built-in types that are neither layouts nor one of the components: by name, with the names of
;;; their subtypes as property %BUILT-IN-SUBTYPES.
(defun %builtin-set (name)
  (%component-set 7 (cons nil (cons name (%get-property name '%built-in-subtypes)))))

;;; The object system fills this in: the set of a class, as a specifier over what is known here.
(defvar *class-set-function* nil)

(defun %class-set (class bound)
  (if *class-set-function*
      (funcall *class-set-function* class bound)
      (%unknown-set bound)))

(defun %compound-set (name arguments type bound)
  (case name
    (and (let ((set (%universal-set)))
           (dolist (argument arguments set)
             (setq set (%intersect-sets set (%specifier-set argument bound) bound)))))
    (or (let ((set (%empty-set)))
          (dolist (argument arguments set)
            (setq set (%union-sets set (%specifier-set argument bound))))))
    (not (%subtract-sets (%universal-set)
                         (%specifier-set (car arguments) (%other-bound bound))
                         bound))
    ((eql member)
     (let ((set (%empty-set)))
       (dolist (object arguments set)
         (setq set (%union-sets set (%object-set object bound))))))
    (cons (let ((car-set (%cons-argument arguments 0 bound)) (cdr-set (%cons-argument arguments 1 bound)))
            (if (or (%part-empty-p car-set) (%part-empty-p cdr-set))
                (%empty-set)
                (%component-set 11 (list (cons car-set cdr-set))))))
    (integer (%interval-set '(0) (%bound-argument arguments 0) (%bound-argument arguments 1)))
    (rational (%interval-set '(0 1) (%bound-argument arguments 0) (%bound-argument arguments 1)))
    (real (%interval-set '(0 1 2 3) (%bound-argument arguments 0) (%bound-argument arguments 1)))
    (float (%interval-set '(2 3) (%bound-argument arguments 0) (%bound-argument arguments 1)))
    ((single-float short-float)
     (%interval-set '(2) (%bound-argument arguments 0) (%bound-argument arguments 1)))
    ((double-float long-float)
     (%interval-set '(3) (%bound-argument arguments 0) (%bound-argument arguments 1)))
    (mod (%interval-set '(0) 0 (1- (car arguments))))
    (unsigned-byte
     (%interval-set '(0) 0 (if (integerp (car arguments)) (1- (ash 1 (car arguments))) '*)))
    (signed-byte
     (if (integerp (car arguments))
         (%interval-set '(0) (- (ash 1 (1- (car arguments)))) (1- (ash 1 (1- (car arguments)))))
         (%interval-set '(0) '* '*)))
    (complex (%component-set 8 (%complex-mask (%bound-argument arguments 0))))
    (function (if (or (null arguments) (eq bound :upper)) (%component-set 9 1) (%empty-set)))
    ((array simple-array vector simple-vector string simple-string base-string simple-base-string
            bit-vector simple-bit-vector)
     (%array-set type))
    (satisfies (%unknown-set bound))
    (values (%unknown-set bound))
    (t (multiple-value-bind (expansion expanded) (%expand-type-once type)
         (cond (expanded (%specifier-set expansion bound))
               ((null arguments) (%specifier-set name bound))
               (t (%unknown-set bound)))))))

(defun %cons-argument (arguments n bound)
  (let ((argument (%bound-argument arguments n)))
    (if (or (eq argument '*) (eq argument t)) t (%specifier-set argument bound))))

;;; Bits: rational, single-float, double-float parts.
(defun %complex-mask (part)
  (if (eq part '*)
      7
      (let ((set (%specifier-set part :upper)))
        (logior (if (or (svref set 0) (svref set 1)) 1 0)
                (if (svref set 2) 2 0)
                (if (svref set 3) 4 0)))))

;;; The set of one object. Conses, arrays and the like are single objects of a component without
;;; singletons: nothing from below, the object's type from above.
(defun %object-set (object bound)
  (cond ((integerp object) (%interval-set '(0) object object))
        ((%ratiop object) (%interval-set '(1) object object))
        ((%single-float-p object) (%interval-set '(2) object object))
        ((%double-float-p object) (%interval-set '(3) object object))
        ((characterp object)
         (%component-set 4 (list (cons (char-code object) (char-code object)))))
        ((keywordp object) (%component-set 6 (list nil object)))
        ((symbolp object) (%component-set 5 (list nil object)))
        ((eq bound :lower) (%empty-set))
        ((consp object) (%component-set 11 '((t . t))))
        ((complexp object) (%component-set 8 7))
        ((functionp object) (%component-set 9 1))
        ((arrayp object) (%component-set 10 (list (cons +all-array-kinds+ '*))))
        ((%instancep object) (%component-set 12 '((nil))))
        (t (%component-set 7 '(t)))))

(defun subtypep (type1 type2 &optional environment)
  (declare (ignore environment))
  (cond
    ((equal type1 type2) (values t t))
    ((or (eq type2 t) (null type1)) (values t t))
    ((%set-empty-p (%subtract-sets (%specifier-set type1 :upper) (%specifier-set type2 :lower) :upper))
     (values t t))
    ((not (%set-empty-p
           (%subtract-sets (%specifier-set type1 :lower) (%specifier-set type2 :upper) :exists)))
     (values nil t))
    (t (values nil nil))))

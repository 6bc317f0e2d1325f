(in-package "ROOK-KERNEL")
;;;; MEMBER, ASSOC, RASSOC, ADJOIN and property lists.

;;; The test function for :TEST and :TEST-NOT arguments.
(defun %test-function (test test-not)
  (cond (test-not
         (if test (error "Both :TEST and :TEST-NOT were given.") nil)
         (let ((test-not (%function test-not)))
           #'(lambda (x y) (not (funcall test-not x y)))))
        (test (%function test))
        (t #'eql)))

(defun %key-function (key)
  (if key (%function key) nil))

;;; Whether EQ decides EQL for this object.
(declaim (inline %eq-comparable-p %key))
(defun %eq-comparable-p (object)
  (if (numberp object) (%fixnump object) t))

(defun %key (key element)
  (if key (funcall key element) element))

(defmacro %do-list ((variable list) &body body)
  (let ((rest (gensym "REST")))
    `(do ((,rest ,list (%cdr ,rest)))
         ((%end-of-list-p ,rest) nil)
       (let ((,variable ,rest)) ,@body))))

(defun %member-eql (item list)
  (if (%eq-comparable-p item)
      (%do-list (tail list) (if (eq item (%car tail)) (return tail) nil))
      (%do-list (tail list) (if (eql item (%car tail)) (return tail) nil))))

(defun member (item list &key key test test-not)
  (cond (test
         (let ((test (%test-function test test-not)) (key (%key-function key)))
           (%do-list (tail list)
             (if (funcall test item (%key key (%car tail))) (return tail) nil))))
        (test-not (member item list :key key :test (%test-function test test-not)))
        (key
         (let ((key (%key-function key)))
           (%do-list (tail list)
             (if (eql item (%key key (%car tail))) (return tail) nil))))
        (t (%member-eql item list))))

(defun member-if (predicate list &key key)
  (let ((predicate (%function predicate)) (key (%key-function key)))
    (%do-list (tail list)
      (if (funcall predicate (%key key (%car tail))) (return tail) nil))))

(defun member-if-not (predicate list &key key)
  (let ((predicate (%function predicate)) (key (%key-function key)))
    (%do-list (tail list)
      (if (funcall predicate (%key key (%car tail))) nil (return tail)))))

(defun %adjoin-eql (item list)
  (if (%member-eql item list) list (cons item list)))

(defun adjoin (item list &key key test test-not)
  (if (and (null test) (null test-not) (null key))
      (%adjoin-eql item list)
      (let ((test (%test-function test test-not)) (key (%key-function key)))
        (let ((item-key (%key key item)))
          (if (%do-list (tail list)
                (if (funcall test item-key (%key key (%car tail))) (return t) nil))
              list
              (cons item list))))))

(defmacro %define-association (name eql-name part)
  `(progn
     (defun ,eql-name (item alist)
       (if (%eq-comparable-p item)
           (%do-list (tail alist)
             (let ((entry (%car tail)))
               (if (and entry (eq item (,part entry))) (return entry) nil)))
           (%do-list (tail alist)
             (let ((entry (%car tail)))
               (if (and entry (eql item (,part entry))) (return entry) nil)))))
     (defun ,name (item alist &key key test test-not)
       (if (and (null test) (null test-not) (null key))
           (,eql-name item alist)
           (let ((test (%test-function test test-not)) (key (%key-function key)))
             (%do-list (tail alist)
               (let ((entry (%car tail)))
                 (if (and entry (funcall test item (%key key (,part entry))))
                     (return entry)
                     nil))))))))

(%define-association assoc %assoc-eql car)
(%define-association rassoc %rassoc-eql cdr)

(defmacro %define-association-if (name part wanted)
  `(defun ,name (predicate alist &key key)
     (let ((predicate (%function predicate)) (key (%key-function key)))
       (%do-list (tail alist)
         (let ((entry (%car tail)))
           (if entry
               (if (funcall predicate (%key key (,part entry)))
                   ,(if wanted '(return entry) 'nil)
                   ,(if wanted 'nil '(return entry)))
               nil))))))

(%define-association-if assoc-if car t)
(%define-association-if assoc-if-not car nil)
(%define-association-if rassoc-if cdr t)
(%define-association-if rassoc-if-not cdr nil)

(defun acons (key datum alist)
  (cons (cons key datum) alist))

(defun pairlis (keys data &optional alist)
  (do ((keys keys (%cdr keys))
       (data data (%cdr data)))
      ((let ((keys-end (%end-of-list-p keys)) (data-end (%end-of-list-p data)))
         (if (eq keys-end data-end)
             keys-end
             (error "The lists of keys and data are of unequal length.")))
       alist)
    (setq alist (acons (%car keys) (%car data) alist))))

(defun copy-alist (alist)
  (let ((result nil))
    (%do-list (tail alist)
      (let ((entry (%car tail)))
        (setq result
              (cons (if (consp entry) (cons (%car entry) (%cdr entry)) entry) result))))
    (%nreverse-list result)))

;;; Property lists.

;;; REST, the rest of a property list that is not NIL, must begin with two elements.
(defun %check-property-cell (rest)
  (cond ((not (consp rest)) (%type-error rest 'list))
        ((not (consp (%cdr rest))) (%type-error (%cdr rest) 'cons))
        (t nil)))

(defun getf (plist indicator &optional default)
  (do ((rest plist (%cdr (%cdr rest))))
      ((null rest) default)
    (if (and (consp rest) (consp (%cdr rest))) nil (%check-property-cell rest))
    (if (eq (%car rest) indicator) (return (%car (%cdr rest))) nil)))

(defun get-properties (plist indicators)
  (do ((rest plist (%cdr (%cdr rest))))
      ((null rest) (values nil nil nil))
    (%check-property-cell rest)
    (if (%memq (%car rest) indicators)
        (return (values (%car rest) (%car (%cdr rest)) rest))
        nil)))

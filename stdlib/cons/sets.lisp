(in-package "ROOK-KERNEL")
;;;; Lists as sets. Long lists under the standard equality tests go through a hash table.

(defconstant +set-hash-threshold+ 20)
;;; The same where elements are compared by EQ.
(defconstant +eq-set-hash-threshold+ 100)

;;; A predicate that answers whether a key is among the keys of LIST. TEST is called with its
;;; arguments in the order (key, member), or the other way round when REVERSED.
(defun %membership (list key test hashable reversed)
  (declare (function test))
  (if (and hashable (nthcdr +set-hash-threshold+ list))
      (let ((table (make-hash-table :test hashable)))
        (%do-list (tail list) (%puthash (%key key (%car tail)) table t))
        #'(lambda (item) (gethash item table)))
      (if reversed
          #'(lambda (item)
              (%do-list (tail list)
                (if (funcall test (%key key (%car tail)) item) (return t) nil)))
          #'(lambda (item)
              (%do-list (tail list)
                (if (funcall test item (%key key (%car tail))) (return t) nil))))))

;;; The hash-table test that agrees with :TEST and :TEST-NOT, or NIL.
(defun %hashable-test (test test-not)
  (cond (test-not nil)
        ((or (null test) (eq test 'eql) (eq test #'eql)) 'eql)
        ((or (eq test 'eq) (eq test #'eq)) 'eq)
        ((or (eq test 'equal) (eq test #'equal)) 'equal)
        (t nil)))

;;; The elements of LIST whose membership in OTHER is WANTED, in order.
(defun %select-members (list other key test test-not wanted reversed)
  (if (and (null key) (null test) (null test-not) (not (nthcdr +eq-set-hash-threshold+ other)))
      (%select-eql-members list other wanted)
      (%select-tested-members list other key test test-not wanted reversed)))

;;; The plain case: short lists are searched as they are.
(defun %select-eql-members (list other wanted)
  (let ((result nil))
    (%do-list (tail list)
      (let ((element (%car tail)))
        (if (%member-eql element other)
            (if wanted (setq result (cons element result)) nil)
            (if wanted nil (setq result (cons element result))))))
    (%nreverse-list result)))

(defun %select-tested-members (list other key test test-not wanted reversed)
  (let* ((key (%key-function key))
         (member-p (%membership other key (%test-function test test-not)
                                (%hashable-test test test-not) reversed))
         (result nil))
    (declare (function member-p))
    (%do-list (tail list)
      (let ((element (%car tail)))
        (if (funcall member-p (%key key element))
            (if wanted (setq result (cons element result)) nil)
            (if wanted nil (setq result (cons element result))))))
    (%nreverse-list result)))

(defun intersection (list1 list2 &key key test test-not)
  (%select-members list1 list2 key test test-not t nil))

(defun nintersection (list1 list2 &key key test test-not)
  (%select-members list1 list2 key test test-not t nil))

(defun set-difference (list1 list2 &key key test test-not)
  (if (null list2)
      list1
      (%select-members list1 list2 key test test-not nil nil)))

(defun nset-difference (list1 list2 &key key test test-not)
  (if (null list2)
      list1
      (%select-members list1 list2 key test test-not nil nil)))

(defun union (list1 list2 &key key test test-not)
  (cond ((null list1) list2)
        ((null list2) list1)
        (t (%append2 (%select-members list1 list2 key test test-not nil nil) list2))))

(defun nunion (list1 list2 &key key test test-not)
  (cond ((null list1) list2)
        ((null list2) list1)
        (t (%nconc2 (%select-members list1 list2 key test test-not nil nil) list2))))

(defun set-exclusive-or (list1 list2 &key key test test-not)
  (%nconc2 (%select-members list1 list2 key test test-not nil nil)
           (%select-members list2 list1 key test test-not nil t)))

(defun nset-exclusive-or (list1 list2 &key key test test-not)
  (%nconc2 (%select-members list1 list2 key test test-not nil nil)
           (%select-members list2 list1 key test test-not nil t)))

(defun subsetp (list1 list2 &key key test test-not)
  (let* ((key (%key-function key))
         (member-p (%membership list2 key (%test-function test test-not)
                                (%hashable-test test test-not) nil)))
    (declare (function member-p))
    (do ((rest list1 (%cdr rest)))
        ((%end-of-list-p rest) t)
      (if (funcall member-p (%key key (%car rest))) nil (return nil)))))

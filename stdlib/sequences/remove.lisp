(in-package "ROOK-KERNEL")
;;;; REMOVE, DELETE, SUBSTITUTE, NSUBSTITUTE and the removal of duplicates.

;;; A vector with room for a mark, 0 or 1, for each of COUNT elements; a byte each is faster than a bit.
(defun %make-marks (count)
  (%primitive make-raw-vector +kind-vector-u8+ count))

(%define-sequence-family (remove remove-if remove-if-not) (:keywords (count))
  (let ((limit (%count-limit count)))
    (declare (fixnum limit))
    (if (listp sequence)
        (let ((stop (%list-end sequence start end)) (kept nil) (rest sequence) (index 0))
          (declare (fixnum stop index))
          (do () ((%fix>= index start))
            (setq kept (cons (%car rest) kept))
            (setq rest (%cdr rest))
            (setq index (%fix+ index 1)))
          (if (and from-end count)
              (let ((range nil))
                (do () ((or (%fix>= index stop) (%end-of-list-p rest)))
                  (setq range (cons (%car rest) range))
                  (setq rest (%cdr rest))
                  (setq index (%fix+ index 1)))
                (dolist (element range)
                  (if (and (%fix> limit 0) (matches-p element))
                      (setq limit (%fix- limit 1))
                      (setq rest (cons element rest)))))
              (do () ((or (%fix= limit 0) (%fix>= index stop) (%end-of-list-p rest)))
                (let ((element (%car rest)))
                  (if (matches-p element)
                      (setq limit (%fix- limit 1))
                      (setq kept (cons element kept))))
                (setq rest (%cdr rest))
                (setq index (%fix+ index 1))))
          (%nreconc kept rest))
        (let* ((stop (%vector-end sequence start end))
               (length (%vector-length sequence))
               (marks (%make-marks (- stop start)))
               (removed 0))
          (declare (fixnum stop length removed) (type (simple-array (unsigned-byte 8) (*)) marks))
          (%do-sequence (element index sequence start stop from-end) nil
            (if (%fix>= removed limit) (return nil) nil)
            (if (matches-p element)
                (progn
                  (%set-aref1 marks (%fix- index start) 1)
                  (setq removed (%fix+ removed 1)))
                nil))
          (%without-marked sequence length start marks (%fix- stop start) removed)))))

;;; A fresh vector of the elements of SEQUENCE without those marked; marks begin at START.
(defun %without-marked (sequence length start marks mark-count removed)
  (declare (fixnum length start mark-count removed) (type (simple-array (unsigned-byte 8) (*)) marks))
  (let ((result (%make-vector-like sequence (%fix- length removed))) (to 0))
    (declare (fixnum to))
    (%with-data (data offset ref) sequence
      (dotimes (from length result)
        (declare (fixnum from))
        (let ((mark (%fix- from start)))
          (declare (fixnum mark))
          (if (and (%fix>= mark 0) (%fix< mark mark-count) (eql 1 (%aref1 marks mark)))
              nil
              (progn
                (let ((element (ref (%fix+ from offset))))
                  (if (simple-string-p result)
                      (%set-schar result to element)
                      (%set-aref1 result to element)))
                (setq to (%fix+ to 1)))))))))

;;; Lists without :FROM-END are spliced in place.
(%define-sequence-family (%delete-from-list %delete-from-list-if %delete-from-list-if-not)
    (:keywords (count))
  (let ((limit (%count-limit count)) (stop (%list-end sequence start end)) (before nil)
        (rest sequence) (index 0))
    (declare (fixnum limit stop index) (ignorable from-end))
    (do ()
        ((or (%fix= limit 0) (%fix>= index stop) (%end-of-list-p rest)) sequence)
      (if (and (%fix>= index start) (matches-p (%car rest)))
          (progn
            (setq limit (%fix- limit 1))
            (if before
                (rplacd before (%cdr rest))
                (setq sequence (%cdr rest))))
          (setq before rest))
      (setq rest (%cdr rest))
      (setq index (%fix+ index 1)))))

;;; The conses of LIST whose elements pass (KEEP element), spliced together: a cons is written to only
;;; where others were left out before the next.
(defmacro %spliced (list keep)
  `(let ((head nil) (last nil) (gap nil))
     (do ((rest ,list (%cdr rest)))
         ((%end-of-list-p rest)
          (if (and last gap) (rplacd last nil) nil)
          head)
       (if (,keep (%car rest))
           (progn
             (if last (if gap (rplacd last rest) nil) (setq head rest))
             (setq last rest)
             (setq gap nil))
           (setq gap t)))))

(defmacro %define-delete (name argument list-name remove-name binding matches)
  `(defun ,name (,argument sequence &rest keys &key from-end count &allow-other-keys)
     (if (and (null keys) (listp sequence))
         (let ,binding
           (macrolet ((keep-p (element) `(not ,(list ,@matches))))
             (%spliced sequence keep-p)))
         (%apply (if (and (listp sequence) (not (and from-end count))) #',list-name #',remove-name)
                 (list* ,argument sequence keys)))))

(%define-delete delete item %delete-from-list remove () ('eql 'item element))
(%define-delete delete-if predicate %delete-from-list-if remove-if
  ((predicate (%function predicate)))
  ('funcall 'predicate element))
(%define-delete delete-if-not predicate %delete-from-list-if-not remove-if-not
  ((predicate (%function predicate)))
  ('not (list 'funcall 'predicate element)))

;;; Substitution in place. Lists with :FROM-END go through a list of their cells.

(%define-sequence-family (nsubstitute nsubstitute-if nsubstitute-if-not)
    (:leading (new) :keywords (count))
  (let ((limit (%count-limit count)))
    (declare (fixnum limit))
    (if (listp sequence)
        (let ((stop (%list-end sequence start end)) (cells nil))
          (declare (fixnum stop))
          (do ((rest (nthcdr start sequence) (%cdr rest))
               (index start (%fix+ index 1)))
              ((or (%fix>= index stop) (%end-of-list-p rest)))
            (declare (fixnum index))
            (if from-end
                (setq cells (cons rest cells))
                (if (and (%fix> limit 0) (matches-p (%car rest)))
                    (progn
                      (setq limit (%fix- limit 1))
                      (rplaca rest new))
                    nil)))
          (dolist (cell cells)
            (if (and (%fix> limit 0) (matches-p (%car cell)))
                (progn
                  (setq limit (%fix- limit 1))
                  (rplaca cell new))
                nil)))
        (%do-sequence (element index sequence start end from-end) nil
          (if (%fix<= limit 0) (return nil) nil)
          (if (matches-p element)
              (progn
                (setq limit (%fix- limit 1))
                (if (simple-string-p sequence)
                    (%set-schar sequence index new)
                    (%set-aref1 sequence index new)))
              nil)))
    sequence))

(defun substitute (new item sequence &rest keys)
  (%apply #'nsubstitute (list* new item (copy-seq sequence) keys)))

(defun substitute-if (new predicate sequence &rest keys)
  (%apply #'nsubstitute-if (list* new predicate (copy-seq sequence) keys)))

(defun substitute-if-not (new predicate sequence &rest keys)
  (%apply #'nsubstitute-if-not (list* new predicate (copy-seq sequence) keys)))

;;; Duplicates.

;;; The commonest case: a list not too long for comparing its elements with one another, under EQL.
(defun remove-duplicates (sequence &key from-end test test-not (start 0) end key)
  (if (and (consp sequence) (null from-end) (null test) (null test-not) (eql start 0) (null end) (null key)
           (not (nthcdr 50 sequence)))
      (let ((kept nil) (removed nil))
        (%do-list (tail sequence)
          (if (%member-eql (%car tail) (%cdr tail))
              (setq removed t)
              (setq kept (cons (%car tail) kept))))
        (if removed (%nreverse-list kept) sequence))
      (%remove-duplicates sequence from-end test test-not start end key)))

(defun %remove-duplicates (sequence from-end test test-not start end key)
  (let* ((length (length sequence))
         (stop (%check-range sequence start end length))
         (count (- stop start))
         (keys (%elements-vector sequence start stop))
         (marks (%make-marks count))
         (key (%key-function key)))
    (declare (fixnum length stop count) (type (simple-array (unsigned-byte 8) (*)) marks))
    (if key
        (dotimes (i count)
          (declare (fixnum i))
          (%set-other-ref keys i (funcall key (%other-ref keys i))))
        nil)
    (let ((hashable (%hashable-test test test-not)))
      (if (and hashable (%fix> count +set-hash-threshold+))
          (%mark-duplicates-hashed keys marks count hashable from-end)
          (%mark-duplicates keys marks count (%test-function test test-not) from-end)))
    (let ((removed (count 1 marks)))
      (if (listp sequence)
          (let ((kept nil) (index 0))
            (declare (fixnum index))
            (if (eql removed 0)
                sequence
                (dolist (element sequence (%nreverse-list kept))
                  (if (and (%fix>= index start) (%fix< index stop)
                           (eql 1 (%aref1 marks (%fix- index start))))
                      nil
                      (setq kept (cons element kept)))
                  (setq index (%fix+ index 1)))))
          (%without-marked sequence length start marks count removed)))))

(defun %mark-duplicates (keys marks count test from-end)
  (declare (fixnum count) (function test) (type (simple-array (unsigned-byte 8) (*)) marks))
  (dotimes (i count)
    (declare (fixnum i))
    (if (eql 1 (%aref1 marks i))
        nil
        (do ((j (%fix+ i 1) (%fix+ j 1)))
            ((%fix>= j count))
          (declare (fixnum j))
          (if (and (eql 0 (%aref1 marks j))
                   (funcall test (%other-ref keys i) (%other-ref keys j)))
              (if from-end
                  (%set-aref1 marks j 1)
                  (progn (%set-aref1 marks i 1) (return nil)))
              nil)))))

(defun %mark-duplicates-hashed (keys marks count hashable from-end)
  (declare (fixnum count) (type (simple-array (unsigned-byte 8) (*)) marks))
  (let ((seen (make-hash-table :test hashable :size count)))
    (dotimes (step count)
      (declare (fixnum step))
      (let* ((i (if from-end step (%fix- (%fix- count 1) step))) (key (%other-ref keys i)))
        (declare (fixnum i))
        (if (gethash key seen)
            (%set-aref1 marks i 1)
            (%puthash key seen t))))))

(defun delete-duplicates (sequence &rest keys)
  (%apply #'remove-duplicates (cons sequence keys)))

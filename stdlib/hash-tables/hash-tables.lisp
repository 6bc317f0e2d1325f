(in-package "ROOK-KERNEL")
;;;; Hash tables: an index with open addressing over a vector of entries in order of insertion.
;;;;
;;;; An entry is two elements: key and value; the key of a removed or unused entry is the empty mark. The
;;;; index is a vector of buckets, a power of two of them, each two elements: an entry's number plus one
;;;; (0 for an empty bucket) and its code, the low 32 bits of its hash. So a probe that misses reads the
;;;; index only, and growing asks no key for its hash. The entry found last is tried first. Hashes of objects that EQ and EQL tables compare
;;;; by identity come from their addresses: then ADDRESSED is true and the codes are those of
;;;; collection epoch EPOCH.

(defconstant +table-test+ 0)
(defconstant +table-index+ 1)
(defconstant +table-entries+ 2)
;;; Number of entries used, removed ones included.
(defconstant +table-fill+ 3)
(defconstant +table-count+ 4)
(defconstant +table-epoch+ 5)
(defconstant +table-addressed+ 6)
(defconstant +table-rehash-size+ 7)
(defconstant +table-rehash-threshold+ 8)
;;; Position of the entry that was found last, or of another one.
(defconstant +table-last+ 9)
(defconstant +table-slots+ 10)

(defconstant +smallest-index+ 16)

(declaim (inline hash-table-p %check-hash-table %address-hash))
(defun hash-table-p (object)
  (and (%otherp object) (%fix= (%other-kind object) +kind-hash-table+)))

(defun %check-hash-table (object)
  (if (hash-table-p object) object (%type-error object 'hash-table)))

;;; Entries that an index of this many buckets serves.
(declaim (inline %index-capacity %table-buckets %make-index %make-entries %hash-code))
(defun %index-capacity (buckets)
  (declare (fixnum buckets))
  (%fixshr (%fix* buckets 5) 3))

(defun %table-buckets (table)
  (%fixshr (%vector-size (%other-ref table +table-index+)) 1))

(defun %make-index (buckets)
  (declare (fixnum buckets))
  (%primitive make-raw-vector +kind-vector-u32+ (%fix* 2 buckets)))

(defun %make-entries (buckets)
  (%primitive make-simple-vector (%fix* 2 (%index-capacity buckets)) (%empty-mark)))

(defun %hash-code (hash)
  (declare (fixnum hash))
  (%fixand hash #xffffffff))

(defun %index-size-for (count)
  (declare (fixnum count))
  (do ((size +smallest-index+ (%fix* size 2)))
      ((%fix>= (%index-capacity size) count) size)
    (declare (fixnum size))))

(defun %table-test (test)
  (cond ((or (eq test 'eql) (eq test #'eql)) 'eql)
        ((or (eq test 'eq) (eq test #'eq)) 'eq)
        ((or (eq test 'equal) (eq test #'equal)) 'equal)
        ((or (eq test 'equalp) (eq test #'equalp)) 'equalp)
        (t (error "~S is not a hash-table test." test))))

(defun make-hash-table (&key (test 'eql) (size 0) (rehash-size 1.5f0) (rehash-threshold 1.0f0))
  (let ((table (%primitive make-record +kind-hash-table+ +table-slots+ nil)))
    (if (and (integerp size) (>= size 0)) nil (%type-error size 'unsigned-byte))
    (%set-other-ref table +table-test+ (%table-test test))
    (%set-other-ref table +table-rehash-size+ rehash-size)
    (%set-other-ref table +table-rehash-threshold+ rehash-threshold)
    (%empty-table table (%index-size-for (min size 100000000)))
    table))

(defun %empty-table (table buckets)
  (declare (fixnum buckets))
  (%set-other-ref table +table-index+ (%make-index buckets))
  (%set-other-ref table +table-entries+ (%make-entries buckets))
  (%set-other-ref table +table-fill+ 0)
  (%set-other-ref table +table-count+ 0)
  (%set-other-ref table +table-last+ 0)
  (%set-other-ref table +table-epoch+ 0)
  (%set-other-ref table +table-addressed+ nil))

;;; Looking up. Each finder answers the position of the key in the entries, or -1.

;;; Probing. Small integers are their own codes and go to consecutive buckets, so that ranges of them
;;; are found without a collision and near one another; what of a code exceeds the index moves the first
;;; bucket, and each further one depends on more bits of the code. When no bits are left the sequence
;;; goes through all buckets.

;;; The first bucket of CODE in an index of MASK + 1 buckets.
(declaim (inline %first-bucket))
(defun %first-bucket (code mask)
  (declare (fixnum code mask))
  (let ((high (%fix- code (%fixand code mask))))
    (declare (fixnum high))
    (%fixand mask (%fixxor code (%fixshr (%fix* high 625341585) 32)))))

;;; Goes through the buckets of CODE in the vector INDEX, a variable, until the body leaves; ELEMENT is
;;; where the bucket's two elements begin.
(defmacro %do-probes ((element code index) &body body)
  (let ((mask (gensym "MASK")) (bucket (gensym "BUCKET")) (rest (gensym "REST")))
    `(let* ((,mask (%fix- (%fixshr (%vector-size ,index) 1) 1))
            (,bucket (%first-bucket ,code ,mask))
            (,rest ,code))
       (declare (fixnum ,mask ,bucket ,rest))
       (do ()
           (nil)
         (let ((,element (%fix* 2 ,bucket)))
           (declare (fixnum ,element))
           ,@body)
         (setq ,rest (%fixshr ,rest 5))
         (setq ,bucket (%fixand ,mask (%fix+ (%fix+ (%fix* ,bucket 5) ,rest) 1)))))))

(defmacro %probe (table hash (key) match)
  (let ((index (gensym "INDEX")) (entries (gensym "ENTRIES")) (code (gensym "CODE"))
        (element (gensym "ELEMENT")) (number (gensym "NUMBER")) (position (gensym "POSITION")))
    `(let ((,index (%other-ref ,table +table-index+))
           (,entries (%other-ref ,table +table-entries+))
           (,code (%hash-code ,hash)))
       (declare (type (simple-array (unsigned-byte 32) (*)) ,index) (fixnum ,code))
       (%do-probes (,element ,code ,index)
         (let ((,number (%aref1 ,index ,element)))
           (declare (fixnum ,number))
           (if (%fix= ,number 0) (return -1) nil)
           (if (%fix= (%aref1 ,index (%fix+ ,element 1)) ,code)
               (let* ((,position (%fix* 2 (%fix- ,number 1)))
                      (,key (%other-ref ,entries ,position)))
                 (declare (fixnum ,position))
                 (if ,match (return ,position) nil))
               nil))))))

(defun %find-eq (table key hash)
  (declare (fixnum hash))
  (%probe table hash (other) (eq other key)))

(defun %find-eql (table key hash)
  (declare (fixnum hash))
  (%probe table hash (other) (eql other key)))

(defun %find-equal (table key hash)
  (declare (fixnum hash))
  (%probe table hash (other) (or (eq other key) (equal other key))))

(defun %find-equalp (table key hash)
  (declare (fixnum hash))
  (%probe table hash (other) (equalp other key)))

;;; Whether the hash of a key that is compared by EQ comes from its address.
(declaim (inline %addressed-key-p))
(defun %addressed-key-p (key)
  (or (consp key) (%instancep key) (functionp key) (%otherp key)))

(declaim (inline %fixnum-hash))
(defun %fixnum-hash (key)
  (declare (fixnum key))
  (%fixxor key (%fix* (%fixshr key 32) 625341585)))

(defun %address-hash (key)
  (%spread-hash (%fixand most-positive-fixnum (%address-bits key))))

;;; The hash of an addressed key that agrees with the hashes in the table: brings the table's up to
;;; date when the collector has moved objects since.
(defun %current-address-hash (table key)
  (do ()
      (nil)
    (let* ((epoch (%primitive gc-epoch)) (hash (%address-hash key)))
      (if (eql epoch (%primitive gc-epoch))
          (if (%other-ref table +table-addressed+)
              (if (eql epoch (%other-ref table +table-epoch+))
                  (return hash)
                  (%rehash-addresses table))
              (progn
                (%set-other-ref table +table-epoch+ epoch)
                (return hash)))
          nil))))

(defun %key-hash (table key)
  (case (%other-ref table +table-test+)
    (eq (cond ((symbolp key) (%symbol-hash key))
              ((%fixnump key) (%fixnum-hash key))
              ((or (%addressed-key-p key) (%double-float-p key)) (%current-address-hash table key))
              (t (%address-hash key))))
    (eql (cond ((symbolp key) (%symbol-hash key))
               ((%fixnump key) (%fixnum-hash key))
               ((numberp key) (%eql-number-hash key))
               ((%addressed-key-p key) (%current-address-hash table key))
               (t (%address-hash key))))
    (equal (cond ((symbolp key) (%symbol-hash key))
                 ((%fixnump key) (%fixnum-hash key))
                 ((or (consp key) (numberp key) (characterp key) (stringp key) (bit-vector-p key)
                      (pathnamep key))
                  (%spread-hash (%equal-hash key 4)))
                 (t (%current-address-hash table key))))
    (t (%spread-hash (%equalp-hash key 4)))))

;;; Whether %KEY-HASH took the hash from the key's address.
(defun %address-hashed-p (table key)
  (case (%other-ref table +table-test+)
    (eq (or (%double-float-p key) (and (%addressed-key-p key) (not (symbolp key)))))
    (eql (and (%addressed-key-p key) (not (symbolp key)) (not (numberp key))))
    (equal (not (or (symbolp key) (consp key) (numberp key) (characterp key) (stringp key)
                    (bit-vector-p key) (pathnamep key))))
    (t nil)))

(declaim (inline %find-position))
(defun %find-position (table key hash)
  (case (%other-ref table +table-test+)
    (eq (%find-eq table key hash))
    (eql (if (or (%fixnump key) (not (numberp key)))
             (%find-eq table key hash)
             (%find-eql table key hash)))
    (equal (%find-equal table key hash))
    (t (%find-equalp table key hash))))

;;; %KEY-HASH without a call for the commonest keys.
(declaim (inline %quick-key-hash))
(defun %quick-key-hash (table key)
  (cond ((eq (%other-ref table +table-test+) 'equalp) (%key-hash table key))
        ((%fixnump key) (%fixnum-hash key))
        ((symbolp key) (%symbol-ref key +symbol-hash+))
        (t (%key-hash table key))))

;;; The position of KEY in the entries, or -1.
(declaim (inline %look-up))
(defun %look-up (table key)
  (let ((last (%other-ref table +table-last+)))
    (declare (fixnum last))
    (if (eq key (%other-ref (%other-ref table +table-entries+) last))
        last
        (let ((position (%find-position table key (%quick-key-hash table key))))
          (declare (fixnum position))
          (if (%fix< position 0) nil (%set-other-ref table +table-last+ position))
          position))))

(defun gethash (key table &optional default)
  (let* ((table (%check-hash-table table))
         (position (%look-up table key)))
    (declare (fixnum position))
    (if (%fix< position 0)
        (values default nil)
        (values (%other-ref (%other-ref table +table-entries+) (%fix+ position 1)) t))))

;;; Storing.

(defun %puthash (key table value)
  (let* ((table (%check-hash-table table))
         (position (%look-up table key)))
    (declare (fixnum position))
    (if (%fix< position 0)
        (%add-entry table key value (%quick-key-hash table key))
        (%set-other-ref (%other-ref table +table-entries+) (%fix+ position 1) value))
    value))

(defun (setf gethash) (value key table &optional default)
  (declare (ignore default))
  (%puthash key table value))

(defun %add-entry (table key value hash)
  (declare (fixnum hash))
  (let ((fill (%other-ref table +table-fill+)))
    (declare (fixnum fill))
    (if (%fix>= (%fix* 2 fill) (%vector-size (%other-ref table +table-entries+)))
        (progn
          (%rebuild-table table)
          (setq fill (%other-ref table +table-fill+)))
        nil)
    (let ((entries (%other-ref table +table-entries+)) (position (%fix* 2 fill)))
      (declare (fixnum position))
      (if (%address-hashed-p table key)
          (%set-other-ref table +table-addressed+ t)
          nil)
      (%set-other-ref entries position key)
      (%set-other-ref entries (%fix+ position 1) value)
      (%index-entry (%other-ref table +table-index+) (%hash-code hash) (%fix+ fill 1))
      (%set-other-ref table +table-fill+ (%fix+ fill 1))
      (%set-other-ref table +table-count+ (%fix+ 1 (%other-ref table +table-count+))))))

(defun %index-entry (index code number)
  (declare (type (simple-array (unsigned-byte 32) (*)) index) (fixnum code number))
  (%do-probes (element code index)
    (if (eql 0 (%aref1 index element))
        (progn
          (%set-aref1 index element number)
          (%set-aref1 index (%fix+ element 1) code)
          (return nil))
        nil)))

;;; Runs the body for the number and code of each bucket of an index that is in use.
(defmacro %do-buckets ((number code index) &body body)
  (let ((i (gensym "I")) (vector (gensym "INDEX")))
    `(let ((,vector ,index))
       (declare (type (simple-array (unsigned-byte 32) (*)) ,vector))
       (do ((,i 0 (%fix+ ,i 2)))
           ((%fix= ,i (%vector-size ,vector)))
         (declare (fixnum ,i))
         (let ((,number (%aref1 ,vector ,i)) (,code (%aref1 ,vector (%fix+ ,i 1))))
           (declare (fixnum ,number ,code))
           (if (%fix= ,number 0) nil (progn ,@body)))))))

;;; Makes room: drops removed entries, and doubles the table when they were few.
(defun %rebuild-table (table)
  (let* ((old-entries (%other-ref table +table-entries+))
         (fill (%other-ref table +table-fill+))
         (count (%other-ref table +table-count+))
         (buckets (%index-size-for (%fix+ 1 (%fix+ count (%fixshr count 1)))))
         (index (%make-index buckets))
         (entries (%make-entries buckets))
         ;; From old numbers to new ones; 0 for the removed.
         (numbers (%primitive make-raw-vector +kind-vector-u32+ (%fix+ fill 1)))
         (to 0))
    (declare (fixnum fill count buckets to) (type (simple-array (unsigned-byte 32) (*)) numbers))
    (dotimes (number fill)
      (declare (fixnum number))
      (let* ((from (%fix* 2 number)) (key (%other-ref old-entries from)))
        (declare (fixnum from))
        (if (eq key (%empty-mark))
            nil
            (let ((position (%fix* 2 to)))
              (declare (fixnum position))
              (%set-other-ref entries position key)
              (%set-other-ref entries (%fix+ position 1) (%other-ref old-entries (%fix+ from 1)))
              (setq to (%fix+ to 1))
              (%set-aref1 numbers (%fix+ number 1) to)))))
    (%do-buckets (number code (%other-ref table +table-index+))
      (let ((new (%aref1 numbers number)))
        (if (%fix= new 0) nil (%index-entry index code new))))
    (%set-other-ref table +table-index+ index)
    (%set-other-ref table +table-entries+ entries)
    (%set-other-ref table +table-last+ 0)
    (%set-other-ref table +table-fill+ to)))

;;; Takes the codes of addressed keys anew. Entries stay where they are.
(defun %rehash-addresses (table)
  (let ((entries (%other-ref table +table-entries+)))
    (do ()
        (nil)
      (let ((epoch (%primitive gc-epoch)) (index (%make-index (%table-buckets table))))
        (%do-buckets (number code (%other-ref table +table-index+))
          (let ((key (%other-ref entries (%fix* 2 (%fix- number 1)))))
            (if (eq key (%empty-mark))
                nil
                (%index-entry index
                              (if (%address-hashed-p table key) (%hash-code (%address-hash key)) code)
                              number))))
        (if (eql epoch (%primitive gc-epoch))
            (progn
              (%set-other-ref table +table-index+ index)
              (return (%set-other-ref table +table-epoch+ epoch)))
            nil)))))

(defun remhash (key table)
  (let* ((table (%check-hash-table table))
         (position (%look-up table key)))
    (declare (fixnum position))
    (if (%fix< position 0)
        nil
        (let ((entries (%other-ref table +table-entries+)))
          (%set-other-ref entries position (%empty-mark))
          (%set-other-ref entries (%fix+ position 1) nil)
          (%set-other-ref table +table-count+ (%fix- (%other-ref table +table-count+) 1))
          t))))

(defun clrhash (table)
  (%empty-table (%check-hash-table table) +smallest-index+)
  table)

;;; Iteration: in order of insertion. Entries that the body removes are not met any more.

(defun maphash (function table)
  (let ((function (%function function)) (table (%check-hash-table table)))
    (declare (function function))
    (let ((entries (%other-ref table +table-entries+)) (fill (%other-ref table +table-fill+)))
      (declare (fixnum fill))
      (dotimes (number fill nil)
        (declare (fixnum number))
        (let* ((position (%fix* 2 number)) (key (%other-ref entries position)))
          (declare (fixnum position))
          (if (eq key (%empty-mark))
              nil
              (funcall function key (%other-ref entries (%fix+ position 1)))))))))

;;; A function that answers, at each call, T and the next key and value, or NIL.
(defun %make-table-iterator (table)
  (let ((entries (%other-ref (%check-hash-table table) +table-entries+))
        (end (%fix* 2 (%other-ref table +table-fill+)))
        (position -2))
    (declare (fixnum position end))
    #'(lambda ()
        (do ()
            (nil)
          (setq position (%fix+ position 2))
          (if (%fix>= position end) (return nil) nil)
          (let ((key (%other-ref entries position)))
            (if (eq key (%empty-mark))
                nil
                (return (values t key (%other-ref entries (%fix+ position 1))))))))))

(defmacro with-hash-table-iterator ((name table) &body body)
  (let ((iterator (gensym "ITERATOR")))
    `(let ((,iterator (%make-table-iterator ,table)))
       (declare (ignorable ,iterator))
       (macrolet ((,name () '(funcall ,iterator)))
         ,@body))))

;;; Questions.

(defun hash-table-count (table)
  (%other-ref (%check-hash-table table) +table-count+))

(defun hash-table-test (table)
  (%other-ref (%check-hash-table table) +table-test+))

(defun hash-table-size (table)
  (%index-capacity (%table-buckets (%check-hash-table table))))

(defun hash-table-rehash-size (table)
  (%other-ref (%check-hash-table table) +table-rehash-size+))

(defun hash-table-rehash-threshold (table)
  (%other-ref (%check-hash-table table) +table-rehash-threshold+))

(defun %equalp-hash-tables (x y)
  (and (eq (hash-table-test x) (hash-table-test y))
       (eql (hash-table-count x) (hash-table-count y))
       (block compare
         (maphash #'(lambda (key value)
                      (multiple-value-bind (other found) (gethash key y)
                        (if (and found (equalp value other)) nil (return-from compare nil))))
                  x)
         t)))

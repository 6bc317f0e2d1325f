(in-package "ROOK-KERNEL")

;;;; Everything that is neither number, symbol, text nor cons: arrays, structures, conditions,
;;;; functions, packages, streams, tables; and the unreadable form of whatever has no other.

(defun %output-address (object stream)
  (%write-char #\{ stream)
  (%write-simple-string (%integer-text (%address-bits object) 16) stream)
  (%write-char #\} stream))

(defun %call-with-unreadable-object (object stream type identity function)
  (when *print-readably*
    (error 'print-not-readable :object object))
  (let ((stream (%output-stream stream)))
    (%write-simple-string "#<" stream)
    (when type
      (%output-object (type-of object) stream)
      (%write-char #\Space stream))
    (when function (funcall function))
    (when identity
      (when (or function (not type)) (%write-char #\Space stream))
      (%output-address object stream))
    (%write-char #\> stream)
    nil))

(defmacro print-unreadable-object ((object stream &key type identity) &body body)
  `(%call-with-unreadable-object ,object ,stream ,type ,identity
                                 ,(if body `(lambda () ,@body) nil)))

(defmacro %with-unreadable ((object stream name &key (identity t)) &body body)
  ;; As PRINT-UNREADABLE-OBJECT, with a fixed name in place of the type.
  `(%call-with-unreadable-object
    ,object ,stream nil ,identity
    (lambda () (%write-simple-string ,name ,stream) ,@body)))

;;; Arrays.

(defun %output-unreadable-array (array stream)
  (print-unreadable-object (array stream :type t :identity t)))

(defun %output-bit-vector (vector stream)
  (if (or *print-array* *print-readably*)
      (progn
        (%write-simple-string "#*" stream)
        (dotimes (i (length vector))
          (%write-char (if (eql (bit vector i) 0) #\0 #\1) stream)))
      (%output-unreadable-array vector stream)))

(defun %output-array-contents (array dimensions index stream)
  ;; Writes one subarray, whose first element is at INDEX; returns the index after it.
  (cond ((null dimensions)
         (%output-object (row-major-aref array index) stream)
         (1+ index))
        ((%level-exceeded-p *current-print-depth*)
         (%write-char #\# stream)
         (+ index (reduce #'* dimensions)))
        (t
         (let ((*current-print-depth* (1+ *current-print-depth*)))
           (%write-char #\( stream)
           (dotimes (i (first dimensions))
             (when (plusp i) (%write-char #\Space stream))
             (when (%length-exceeded-p i)
               (%write-simple-string "..." stream)
               (incf index (* (- (first dimensions) i) (reduce #'* (rest dimensions))))
               (return nil))
             (setq index (%output-array-contents array (rest dimensions) index stream)))
           (%write-char #\) stream)
           index))))

(defun %output-array (array stream)
  (if (or *print-array* *print-readably*)
      (progn
        (%write-char #\# stream)
        (%write-simple-string (%integer-text (array-rank array) 10) stream)
        (%write-char #\A stream)
        (%output-array-contents array (array-dimensions array) 0 stream))
      (%output-unreadable-array array stream)))

;;; Instances.

(defun %output-structure (object layout stream)
  (let ((slots (%layout-slots layout))
        (name (%layout-name layout)))
    (cond
      ((%level-exceeded-p *current-print-depth*) (%write-char #\# stream))
      (*print-pretty* (%output-pretty-structure object name slots stream))
      (t
       (let ((*current-print-depth* (1+ *current-print-depth*)))
          (%write-simple-string "#S(" stream)
          (%output-object name stream)
          (dotimes (i (length slots))
            (when (%length-exceeded-p i)
              (%write-simple-string " ..." stream)
              (return nil))
            (%write-char #\Space stream)
            (let ((slot-name (symbol-name (%structure-slot-name (svref slots i)))))
              (%write-char #\: stream)
              (%write-name slot-name stream))
            (%write-char #\Space stream)
            (%output-object (%primitive instance-slot object (1+ i)) stream))
          (%write-char #\) stream))))))

(defun %output-condition (condition stream)
  (if (or *print-escape* *print-readably*)
      (print-unreadable-object (condition stream :type t :identity t))
      (%report-condition condition stream)))

(defun %print-instance (object stream)
  ;; What an instance prints as when its class says nothing else.
  (let ((layout (%layout-of object)))
    (cond ((not (%layoutp layout))
           (print-unreadable-object (object stream :identity t)
             (%write-simple-string "INSTANCE" stream)))
          ((eq (%layout-kind layout) :condition) (%output-condition object stream))
          ((%layout-print-function layout)
           (funcall (%layout-print-function layout) object stream))
          ((eq (%layout-kind layout) :structure) (%output-structure object layout stream))
          ((eq object layout)
           (%write-simple-string "#<LAYOUT LAYOUT>" stream))
          ((eq layout *layout-of-layouts*)
           (%with-unreadable (object stream "LAYOUT " :identity nil)
             (%output-object (%layout-name object) stream)))
          (t (print-unreadable-object (object stream :type t :identity t))))
    object))

;;; The object system replaces this by a generic function with this one as its default method.
(defun print-object (object stream)
  (%print-instance object stream))

;;; The rest.

(defun %function-name (function)
  ;; The name in the code of FUNCTION as a string, or NIL.
  (%primitive function-code-name function))

(defun %output-function (function stream)
  (let ((name (%function-name function)))
    (if name
        (%with-unreadable (function stream "FUNCTION " :identity nil)
          (%write-simple-string name stream))
        (%with-unreadable (function stream "FUNCTION")))))

(defun %output-package (package stream)
  (let ((name (package-name package)))
    (if name
        (%with-unreadable (package stream "PACKAGE " :identity nil)
          (%output-string name stream))
        (%with-unreadable (package stream "deleted PACKAGE")))))

(defun %output-hash-table (table stream)
  (%with-unreadable (table stream "HASH-TABLE :TEST ")
    (%output-object (hash-table-test table) stream)
    (%write-simple-string " :COUNT " stream)
    (%output-object (hash-table-count table) stream)))

(defun %output-random-state (state stream)
  (if (and *print-readably* *read-eval*)
      (let ((*print-base* 10) (*print-radix* nil))
        (%write-simple-string "#.(ROOK-KERNEL::%RANDOM-STATE-FROM" stream)
        (dotimes (i 4)
          (%write-char #\Space stream)
          (%output-object (aref (%other-ref state 0) i) stream))
        (%write-char #\) stream))
      (%with-unreadable (state stream "RANDOM-STATE"))))

(defun %output-other (object stream)
  (let ((kind (if (%otherp object) (%other-kind object) 0)))
    (cond ((eql kind +kind-stream+)
           (print-unreadable-object (object stream :type t :identity t)))
          ((eql kind +kind-hash-table+) (%output-hash-table object stream))
          ((eql kind +kind-readtable+) (%with-unreadable (object stream "READTABLE")))
          ((eql kind +kind-random-state+) (%output-random-state object stream))
          ((eql kind +kind-weak-pointer+) (%with-unreadable (object stream "WEAK-POINTER")))
          ((eql kind +kind-macptr+) (%with-unreadable (object stream "FOREIGN-POINTER")))
          ((%unbound-mark-p object) (%write-simple-string "#<UNBOUND>" stream))
          (t (%with-unreadable (object stream "OBJECT"))))))

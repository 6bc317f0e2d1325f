(in-package "ROOK-KERNEL")

;;;; Logical blocks. Lines are broken where a mandatory newline stands, with the indentation of the
;;;; block; conditional newlines do not break lines.

;;; Column at which the current block starts, its indentation relative to that, and the prefix of
;;; each of its lines.
(defvar *block-column* 0)
(defvar *block-indentation* 0)
(defvar *line-prefix* nil)
;;; True inside a logical block that is being pretty printed.
(defvar *inside-logical-block* nil)

(defun %call-with-logical-block (stream object prefix per-line suffix function)
  (let ((stream (%output-stream stream)))
    (cond ((not (listp object)) (%output-object object stream))
          ((%level-exceeded-p *current-print-depth*) (%write-char #\# stream))
          (t
           (let ((*current-print-depth* (1+ *current-print-depth*))
                 (start (or (%stream-column stream) 0)))
             (%write-simple-string prefix stream)
             (let ((*block-column* (if per-line start (+ start (length prefix))))
                   (*block-indentation* 0)
                   (*line-prefix* (if per-line prefix *line-prefix*))
                   (*inside-logical-block* *print-pretty*))
               (funcall function stream))
             (%write-simple-string suffix stream))))
    nil))

(defmacro pprint-logical-block ((stream-symbol object &key (prefix "") per-line-prefix (suffix ""))
                                &body body)
  (let* ((stream (cond ((null stream-symbol) '*standard-output*)
                       ((eq stream-symbol t) '*terminal-io*)
                       (t stream-symbol)))
         (rest (gensym "REST"))
         (count (gensym "COUNT"))
         (value (gensym "OBJECT"))
         (block-name (gensym "BLOCK")))
    `(let ((,value ,object))
       (%call-with-logical-block
        ,stream ,value ,(or per-line-prefix prefix) ,(if per-line-prefix t nil) ,suffix
        (lambda (,stream)
          (declare (ignorable ,stream))
          (let ((,rest ,value) (,count 0))
            (declare (ignorable ,count))
            (block ,block-name
              (macrolet ((pprint-pop ()
                           '(cond ((not (listp ,rest))
                                   (%write-simple-string ". " ,stream)
                                   (%output-object ,rest ,stream)
                                   (return-from ,block-name nil))
                                  ((%length-exceeded-p ,count)
                                   (%write-simple-string "..." ,stream)
                                   (return-from ,block-name nil))
                                  (t (incf ,count) (pop ,rest))))
                         (pprint-exit-if-list-exhausted ()
                           '(when (null ,rest) (return-from ,block-name nil))))
                ,@body))))))))

(defmacro pprint-pop ()
  '(error "PPRINT-POP must be inside PPRINT-LOGICAL-BLOCK."))
(defmacro pprint-exit-if-list-exhausted ()
  '(error "PPRINT-EXIT-IF-LIST-EXHAUSTED must be inside PPRINT-LOGICAL-BLOCK."))

(defun pprint-newline (kind &optional stream)
  (unless (member kind '(:linear :fill :miser :mandatory))
    (error 'type-error :datum kind :expected-type '(member :linear :fill :miser :mandatory)))
  (when (and *inside-logical-block* (eq kind :mandatory))
    (let ((stream (%output-stream stream)))
      (%write-char #\Newline stream)
      (%write-spaces *block-column* stream)
      (when *line-prefix* (%write-simple-string *line-prefix* stream))
      (%write-spaces *block-indentation* stream)))
  nil)

(defun pprint-indent (relative-to n &optional stream)
  (unless (member relative-to '(:block :current))
    (error 'type-error :datum relative-to :expected-type '(member :block :current)))
  (when *inside-logical-block*
    (setq *block-indentation*
          (max 0 (round (if (eq relative-to :block)
                            n
                            (+ n (- (or (%stream-column (%output-stream stream)) 0)
                                    *block-column*)))))))
  nil)

(defun pprint-tab (kind column increment &optional stream)
  (unless (member kind '(:line :section :line-relative :section-relative))
    (error 'type-error :datum kind
                       :expected-type '(member :line :section :line-relative :section-relative)))
  (when *inside-logical-block*
    (let ((stream (%output-stream stream)))
      (case kind
        (:line (%tabulate-absolute stream column increment))
        (:section (%tabulate-absolute stream (+ *block-column* column) increment))
        (t (%tabulate-relative stream column increment)))))
  nil)

(defun %print-list-in-block (stream list colon-p)
  (%call-with-logical-block
   stream list (if colon-p "(" "") nil (if colon-p ")" "")
   (lambda (stream)
     (do ((rest list (cdr rest))
          (count 0 (1+ count)))
         ((null rest))
       (when (plusp count) (%write-char #\Space stream))
       (cond ((not (consp rest))
              (%write-simple-string ". " stream)
              (%output-object rest stream)
              (return nil))
             ((%length-exceeded-p count)
              (%write-simple-string "..." stream)
              (return nil)))
       (%output-object (car rest) stream)))))

(defun pprint-fill (stream list &optional (colon-p t) at-sign-p)
  (declare (ignore at-sign-p))
  (%print-list-in-block stream list colon-p))
(defun pprint-linear (stream list &optional (colon-p t) at-sign-p)
  (declare (ignore at-sign-p))
  (%print-list-in-block stream list colon-p))
(defun pprint-tabular (stream list &optional (colon-p t) at-sign-p (tab-size 16))
  (declare (ignore at-sign-p tab-size))
  (%print-list-in-block stream list colon-p))

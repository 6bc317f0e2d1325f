(in-package "ROOK-KERNEL")

;;;; Logical blocks and the operators that act inside them. Without *PRINT-PRETTY* a block only
;;;; writes its prefix and suffix.

(defun %check-affix (string)
  (unless (stringp string)
    (error 'type-error :datum string :expected-type 'string))
  (coerce string 'simple-string))

(defun %call-with-logical-block (stream object prefix per-line suffix function)
  (let ((stream (%output-stream stream))
        (prefix (%check-affix prefix))
        (suffix (%check-affix suffix)))
    (if (and *print-circle* (null *circularity-table*))
        (%call-with-circularity
         object
         (lambda () (%open-logical-block stream object prefix per-line suffix function)))
        (%open-logical-block stream object prefix per-line suffix function))
    nil))

(defun %open-logical-block (stream object prefix per-line suffix function)
  (cond ((not (listp object)) (%output-object object stream))
        ((let ((state (if (eq object *labelled-object*) nil (%label-state object))))
           (and state (%write-label-or-reference object state stream))))
        ((%level-exceeded-p *current-print-depth*) (%write-char #\# stream))
        (t
         (let ((*current-print-depth* (1+ *current-print-depth*))
               (*labelled-object* nil))
           (if *print-pretty*
               (%call-with-pretty-block stream prefix per-line suffix function)
               (progn (%write-simple-string prefix stream)
                      (funcall function stream)
                      (%write-simple-string suffix stream)))))))

(defun %call-with-pretty-block (stream prefix per-line suffix function)
  (let* ((outer (%pretty-state stream))
         (stream (if outer stream (%make-pretty-stream stream)))
         (state (or outer (%composite-parts stream)))
         (depth (%pretty-depth state)))
    (%pretty-write-string state prefix 0 (length prefix))
    (%add-pretty-token state (vector :start (if per-line prefix nil) depth 0 suffix 0))
    (%set-svref state 3 (1+ depth))
    (funcall function stream)
    (%set-svref state 3 depth)
    (%pretty-write-string state suffix 0 (length suffix))
    (%add-pretty-token state (vector :end))
    (unless outer
      (%write-layout (coerce (nreverse (%pretty-tokens state)) 'simple-vector)
                     (%pretty-target state)
                     (or (%stream-column (%pretty-target state)) 0)))))

(defun %pop-from-block (rest count stream)
  ;; What PPRINT-POP does before it takes an element from REST, the COUNTth: true when the block
  ;; ends here instead.
  (cond ((not (listp rest))
         (%write-simple-string ". " stream)
         (%output-object rest stream)
         t)
        ((%length-exceeded-p count)
         (%write-simple-string "..." stream)
         t)
        ((and (plusp count) rest (%label-state rest))
         (%write-simple-string ". " stream)
         (%output-object rest stream)
         t)
        (t nil)))

(defmacro pprint-logical-block ((stream-symbol object &key (prefix nil prefix-p)
                                                          (per-line-prefix nil per-line-p)
                                                          (suffix ""))
                                &body body)
  (when (and prefix-p per-line-p)
    (error "PPRINT-LOGICAL-BLOCK takes :PREFIX or :PER-LINE-PREFIX, not both."))
  (let* ((stream (cond ((null stream-symbol) '*standard-output*)
                       ((eq stream-symbol t) '*terminal-io*)
                       (t stream-symbol)))
         (rest (gensym "REST"))
         (count (gensym "COUNT"))
         (value (gensym "OBJECT"))
         (block-name (gensym "BLOCK")))
    `(let ((,value ,object))
       (%call-with-logical-block
        ,stream ,value ,(cond (per-line-p per-line-prefix) (prefix-p prefix) (t "")) ,per-line-p ,suffix
        (lambda (,stream)
          (declare (ignorable ,stream))
          (let ((,rest ,value) (,count 0))
            (declare (ignorable ,rest ,count))
            (block ,block-name
              (macrolet ((pprint-pop ()
                           '(cond ((%pop-from-block ,rest ,count ,stream)
                                   (return-from ,block-name nil))
                                  (t (incf ,count) (pop ,rest))))
                         (pprint-exit-if-list-exhausted ()
                           '(when (null ,rest) (return-from ,block-name nil))))
                ,@body))))))))

(defmacro pprint-pop ()
  '(error "PPRINT-POP must be inside PPRINT-LOGICAL-BLOCK."))
(defmacro pprint-exit-if-list-exhausted ()
  '(error "PPRINT-EXIT-IF-LIST-EXHAUSTED must be inside PPRINT-LOGICAL-BLOCK."))

;;; Inside a block of a stream: its state, else NIL.
(defun %block-state (stream)
  (if *print-pretty* (%pretty-state (%output-stream stream)) nil))

(defun %check-member (value choices)
  (unless (member value choices)
    (error 'type-error :datum value :expected-type `(member ,@choices))))

(defun pprint-newline (kind &optional stream)
  (%check-member kind '(:linear :fill :miser :mandatory))
  (let ((state (%block-state stream)))
    (when state
      (%add-pretty-token state (vector :newline kind (%pretty-depth state) 0))
      (when (eq kind :mandatory) (%set-svref state 4 0))))
  nil)

(defun pprint-indent (relative-to n &optional stream)
  (%check-member relative-to '(:block :current))
  (unless (realp n) (error 'type-error :datum n :expected-type 'real))
  (let ((state (%block-state stream)))
    (when state
      (%add-pretty-token state (vector :indent relative-to (truncate n)))))
  nil)

(defun pprint-tab (kind column increment &optional stream)
  (%check-member kind '(:line :section :line-relative :section-relative))
  (let ((state (%block-state stream)))
    (when state
      (%add-pretty-token state (vector :tab kind column increment))))
  nil)

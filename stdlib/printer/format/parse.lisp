(in-package "ROOK-KERNEL")

;;;; Format control strings, parsed: a list of strings and directives. A block directive holds its
;;;; clauses, parsed as well. Parsed strings are kept, because the same ones come again and again.

(define-condition format-error (error)
  ((complaint :initarg :complaint :reader format-error-complaint)
   (arguments :initarg :arguments :initform '() :reader format-error-arguments)
   (control-string :initarg :control-string :initform nil :reader format-error-control-string)
   (offset :initarg :offset :initform 0 :reader format-error-offset))
  (:report %report-format-error))

(defun %report-format-error (condition stream)
  (let ((control (format-error-control-string condition)))
    (write-string "error in FORMAT: " stream)
    (%write-control (format-error-complaint condition) stream (format-error-arguments condition))
    (when control
      (terpri stream)
      (write-string "  " stream)
      (prin1 control stream)
      (terpri stream)
      (dotimes (i (+ 3 (format-error-offset condition))) (write-char #\Space stream))
      (write-char #\^ stream))))

;;; An argument of a wrong type.
(define-condition format-type-error (format-error type-error) ())

;;; The control string being processed, for messages.
(defvar *format-string* nil)

(defun %format-error (offset complaint &rest arguments)
  (error 'format-error :control-string *format-string* :offset (max 0 offset)
                       :complaint complaint :arguments arguments))

(defun %format-type-error (offset datum type)
  (error 'format-type-error :control-string *format-string* :offset (max 0 offset)
                            :datum datum :expected-type type
                            :complaint "~S is not of type ~S." :arguments (list datum type)))

;;; A directive is a simple vector: character in upper case, parameters (list of values, :ARGUMENT,
;;; :COUNT or NIL), colon, at-sign, clauses or other data, offset of the character.

(defmacro %directive-char (directive) `(svref ,directive 0))
(defmacro %directive-parameters (directive) `(svref ,directive 1))
(defmacro %directive-colon (directive) `(svref ,directive 2))
(defmacro %directive-at (directive) `(svref ,directive 3))
(defmacro %directive-data (directive) `(svref ,directive 4))
(defmacro %directive-offset (directive) `(svref ,directive 5))

(defun %directive-p (item) (simple-vector-p item))

(defun %item-is-p (item char)
  (and (%directive-p item) (eql (%directive-char item) char)))

;;; Tokens: one pass over the string, without nesting.

(defun %parse-parameter (string index)
  ;; Values: the parameter, and the index after it. A missing parameter is NIL.
  (let ((char (%format-char string index)))
    (case char
      ((#\v #\V) (values :argument (1+ index)))
      (#\# (values :count (1+ index)))
      (#\' (values (%format-char string (1+ index)) (+ index 2)))
      (t
       (if (or (digit-char-p char)
               (and (%memq char '(#\+ #\-))
                    (< (1+ index) (length string))
                    (digit-char-p (char string (1+ index)))))
           (%parse-number string index)
           (values nil index))))))

(defun %parse-number (string index)
  (let ((negative (eql (char string index) #\-))
        (value 0))
    (when (%memq (char string index) '(#\+ #\-)) (incf index))
    (do ((weight (digit-char-p (%format-char string index))
                 (digit-char-p (%format-char string index))))
        ((null weight) (values (if negative (- value) value) index))
      (setq value (+ (* value 10) weight))
      (incf index))))

(defun %format-char (string index)
  (if (< index (length string))
      (char string index)
      (%format-error (1- (length string)) "String ended before directive was found.")))

(defun %parse-directive (string start)
  ;; START is the index after a tilde. Values: the directive, and the index after it.
  (let ((parameters '()) (index start) (colon nil) (at nil))
    (do ((more t))
        ((not more))
      (multiple-value-bind (parameter next) (%parse-parameter string index)
        (cond ((eql (%format-char string next) #\,)
               (push parameter parameters)
               (setq index (1+ next)))
              (t
               (when (or parameter (/= next index)) (push parameter parameters))
               (setq index next more nil)))))
    (do () ((not (%memq (%format-char string index) '(#\: #\@))))
      (if (eql (char string index) #\:)
          (if colon (%format-error index "Too many colons supplied.") (setq colon t))
          (if at (%format-error index "Too many at-signs supplied.") (setq at t)))
      (incf index))
    (let* ((char (char-upcase (char string index)))
           (directive (vector char (nreverse parameters) colon at nil index)))
      (incf index)
      (cond ((eql char #\/)
             (let ((end (position #\/ string :start index)))
               (unless end (%format-error index "Malformed ~~/ directive."))
               (%set-svref directive 4 (%function-of-directive (subseq string index end)))
               (setq index (1+ end))))
            ((eql char #\Newline)
             (setq index (%skip-whitespace string index directive))))
      (values directive index))))

(defun %function-of-directive (name)
  ;; The symbol that NAME, from a ~/ directive, means.
  (let* ((name (string-upcase name))
         (colon (position #\: name)))
    (if colon
        (let ((start (if (and (< (1+ colon) (length name)) (eql (char name (1+ colon)) #\:))
                         (+ colon 2)
                         (1+ colon))))
          (%known-symbol (subseq name start) (subseq name 0 colon)))
        (%known-symbol name "COMMON-LISP-USER"))))

(defun %known-symbol (name package)
  ;; A name that the package lacks names no function.
  (let ((symbol (%primitive known-symbol name (%package package))))
    (if (%second-value) symbol (make-symbol name))))

(defun %skip-whitespace (string index directive)
  ;; After ~newline: leading whitespace of the next line goes too, unless there is a colon.
  (if (%directive-colon directive)
      index
      (do ()
          ((or (>= index (length string))
               (not (%memq (char string index) '(#\Space #\Tab #\Newline #\Page #\Return))))
           index)
        (incf index))))

(defun %tokenize (string)
  (let ((items '()) (index 0) (length (length string)))
    (do () ((>= index length) (nreverse items))
      (let ((tilde (or (position #\~ string :start index) length)))
        (when (> tilde index)
          (push (%simple-string (subseq string index tilde)) items))
        (if (= tilde length)
            (setq index length)
            (multiple-value-bind (directive next) (%parse-directive string (1+ tilde))
              (push directive items)
              (setq index next)))))))

;;; Blocks.

(defun %closing-char (char)
  (case char
    (#\( #\)) (#\[ #\]) (#\{ #\}) (#\< #\>)
    (t nil)))

(defun %parse-items (tokens closing opener)
  ;; Parses up to the directive CLOSING. Values: the list of clauses (each a list of items), the
  ;; list of the separators, the closing directive, the tokens after it.
  (let ((clauses '()) (separators '()) (items '()))
    (do () ((null tokens)
            (when closing
              (%format-error (%directive-offset opener) "No corresponding close ~A." closing))
            (values (nreverse (cons (nreverse items) clauses)) (nreverse separators) nil '()))
      (let ((token (pop tokens)))
        (cond ((not (%directive-p token)) (push token items))
              ((and closing (eql (%directive-char token) closing))
               (return (values (nreverse (cons (nreverse items) clauses))
                               (nreverse separators) token tokens)))
              ((%memq (%directive-char token) '(#\) #\] #\} #\>))
               (%format-error (%directive-offset token) "No corresponding open for ~~~A."
                              (%directive-char token)))
              ((and (eql (%directive-char token) #\;) (%memq closing '(#\] #\>)))
               (push token separators)
               (push (nreverse items) clauses)
               (setq items '()))
              ((eql (%directive-char token) #\;)
               (%format-error (%directive-offset token)
                              "The ~~; directive is not inside ~~[ or ~~<."))
              ((%closing-char (%directive-char token))
               (multiple-value-bind (inner-clauses inner-separators end rest)
                   (%parse-items tokens (%closing-char (%directive-char token)) token)
                 (%set-svref token 4 (vector inner-clauses inner-separators end))
                 (%check-block token)
                 (push token items)
                 (setq tokens rest)))
              (t (push token items)))))))

(defmacro %block-clauses (directive) `(svref (%directive-data ,directive) 0))
(defmacro %block-separators (directive) `(svref (%directive-data ,directive) 1))
(defmacro %block-end (directive) `(svref (%directive-data ,directive) 2))

(defun %check-block (directive)
  (when (eql (%directive-char directive) #\[)
    (let ((offset (%directive-offset directive))
          (n (length (%block-clauses directive))))
      (cond ((and (%directive-colon directive) (%directive-at directive))
             (%format-error offset "Cannot specify both colon and at-sign for this directive."))
            ((and (%directive-colon directive) (/= n 2))
             (%format-error offset "Must specify exactly two sections."))
            ((and (%directive-at directive) (/= n 1))
             (%format-error offset "Can only specify one section."))))))

;;; Justification and pretty printing do not mix: nothing that pretty prints may stand inside ~<...~>,
;;; nor anywhere in a string with a ~<...~:;...~>.

(defun %pretty-directive-p (directive)
  (case (%directive-char directive)
    ((#\W #\_ #\I) t)
    (#\T (%directive-colon directive))
    (#\< (%directive-colon (%block-end directive)))
    (t nil)))

(defun %check-justification (items)
  (let ((pretty nil) (overflow nil))
    (labels ((walk (items justifying)
               (dolist (item items)
                 (when (%directive-p item)
                   (let ((pretty-p (%pretty-directive-p item)))
                     (when pretty-p
                       (setq pretty item)
                       (when justifying (fail item)))
                     (when (%closing-char (%directive-char item))
                       (let ((justify (and (eql (%directive-char item) #\<) (not pretty-p)))
                             (separators (%block-separators item)))
                         (when (and justify separators (%directive-colon (first separators)))
                           (setq overflow t))
                         (dolist (clause (%block-clauses item))
                           (walk clause (or justify justifying)))))))))
             (fail (item)
               (%format-error (%directive-offset item)
                              "A directive for pretty printing cannot be used with ~~<...~~>.")))
      (walk items nil)
      (when (and pretty overflow) (fail pretty)))
    items))

(defun %parse-format-string (string)
  (let ((*format-string* string))
    (values (%check-justification (first (%parse-items (%tokenize string) nil nil))))))

;;; The strings parsed last. An entry is (copy-of-the-string . items).

(defvar *parsed-format-strings* (make-array 64 :initial-element nil))

(defun %parsed-format-string (string)
  (let* ((length (length string))
         (index (if (= length 0)
                    0
                    (logand 63 (+ (* 7 length)
                                  (char-code (char string 0))
                                  (* 3 (char-code (char string (1- length))))
                                  (* 5 (char-code (char string (ash length -1))))))))
         (entry (svref *parsed-format-strings* index)))
    (if (and entry (string= (car entry) string))
        (cdr entry)
        (let ((items (%parse-format-string string)))
          (%set-svref *parsed-format-strings* index (cons (copy-seq string) items))
          items))))

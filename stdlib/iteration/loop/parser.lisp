(in-package "ROOK-KERNEL")

;;;; LOOP, part 1: reading the clauses of an extended LOOP, and what is known of it so far.

;;; The forms not read yet.
(defvar *loop-forms* '())
(defvar *loop-name* nil)
;;; Binding groups, last first: (bindings . declarations), each a parallel LET inside the previous.
(defvar *loop-bindings* '())
;;; Forms, last first.
(defvar *loop-initially* '())
(defvar *loop-finally* '())
(defvar *loop-body* '())
;;; Whether the body so far is WHILE and UNTIL only.
(defvar *loop-body-tests-only* t)
;;; What comes before the first and before each later iteration, last first.
(defvar *loop-first-steps* '())
(defvar *loop-next-steps* '())
;;; Accumulation variables: list of (key kind variable . data), key NIL for the default one.
(defvar *loop-accumulations* '())
;;; Value of the loop when it ends normally: a form, or NIL.
(defvar *loop-result* nil)
(defvar *loop-end-tag* nil)
;;; The variable that IT means, or NIL.
(defvar *loop-it* nil)
;;; True once a variable gets its first value in a step rather than in its binding.
(defvar *loop-steps-set-variables* nil)

(defun %loop-error (control &rest arguments)
  (error 'simple-program-error
         :format-control "LOOP: ~?~@[ before ~{~S~^ ~}~]"
         :format-arguments (list control arguments
                                 (if *loop-forms*
                                     (subseq *loop-forms* 0 (min 3 (length *loop-forms*)))
                                     nil))))

(defun %loop-keyword-p (form &rest names)
  ;; Whether FORM is one of the loop keywords NAMES.
  (and (symbolp form)
       form
       (member (symbol-name form) names :test #'string=)
       t))

(defun %loop-next ()
  (if *loop-forms*
      (pop *loop-forms*)
      (%loop-error "a form is missing at the end")))

(defun %loop-at (&rest names)
  ;; Whether the next form is one of the keywords NAMES.
  (and *loop-forms*
       (apply #'%loop-keyword-p (first *loop-forms*) names)))

(defun %loop-accept (&rest names)
  ;; Reads one of the keywords NAMES if it comes next; returns its name.
  (if (apply #'%loop-at names)
      (symbol-name (pop *loop-forms*))
      nil))

(defun %loop-compound-forms ()
  ;; Reads compound forms up to the next keyword.
  (let ((forms '()))
    (unless (consp (first *loop-forms*))
      (%loop-error "a compound form is missing"))
    (do () ((not (consp (first *loop-forms*))) (nreverse forms))
      (push (pop *loop-forms*) forms))))

;;; Types.

(defun %loop-type (default)
  ;; Reads an optional type specifier.
  (cond ((%loop-accept "OF-TYPE") (%loop-next))
        ((and *loop-forms*
              (%memq (first *loop-forms*) '(fixnum float t nil))
              ;; NIL and T as a type only where another clause word follows.
              (or (%memq (first *loop-forms*) '(fixnum float))
                  (first *loop-forms*)))
         (pop *loop-forms*))
        (t default)))

(defun %loop-zero (type)
  ;; The value that a variable of TYPE has before its first.
  (cond ((not (symbolp type)) (if (and (consp type) (%numeric-type-p (first type))) (%loop-zero (first type)) nil))
        ((%memq type '(double-float long-float)) 0d0)
        ((%memq type '(single-float short-float float)) 0.0)
        ((%numeric-type-p type) 0)
        (t nil)))

(defun %numeric-type-p (type)
  (%memq type '(fixnum integer number real rational bit unsigned-byte signed-byte mod bignum ratio
                float single-float double-float short-float long-float)))

(defun %loop-declaration (variable type)
  ;; A declaration, or NIL when the first value would not be of TYPE.
  (if (or (eq type t) (null type))
      nil
      (let ((zero (%loop-zero type)))
        (if (handler-case (typep zero type) (error () nil))
            `(type ,type ,variable)
            nil))))

(defun %loop-typed (pattern type form)
  ;; FORM as a value of TYPE for the variable PATTERN: when the variable itself is not declared, because
  ;; its first value is of another type, what it gets later is checked.
  (if (or (eq type t) (null type) (null pattern) (not (symbolp pattern)))
      form
      `(the ,type ,form)))

;;; Bindings.

(defun %loop-bind-group (bindings declarations)
  (push (cons bindings (remove nil declarations)) *loop-bindings*))

(defun %loop-bind (variable value &optional declaration)
  (%loop-bind-group (list (list variable value)) (list declaration))
  variable)

(defun %loop-pattern-variables (pattern type)
  ;; List of (variable type) of a destructuring pattern.
  (cond ((null pattern) '())
        ((symbolp pattern) (list (list pattern type)))
        ((consp pattern)
         (append (%loop-pattern-variables (car pattern) (if (consp type) (car type) type))
                 (%loop-pattern-variables (cdr pattern) (if (consp type) (cdr type) type))))
        (t (%loop-error "~S is no variable" pattern))))

(defun %loop-type-tree-p (pattern type)
  ;; Whether TYPE is a tree of types that fits PATTERN rather than a compound type specifier.
  (and (consp pattern) (consp type)))

(defun %loop-bind-pattern (pattern type)
  ;; Binds the variables of PATTERN to their zeros.
  (let ((variables (%loop-pattern-variables
                    pattern
                    (if (or (symbolp pattern) (%loop-type-tree-p pattern type) (symbolp type))
                        type
                        t))))
    (when variables
      (%loop-bind-group
       (mapcar (lambda (entry) (list (first entry) (%loop-zero (second entry)))) variables)
       (mapcar (lambda (entry) (%loop-declaration (first entry) (second entry))) variables)))))

(defun %loop-set-forms (pattern value)
  ;; Forms that set the variables of PATTERN to the parts of the value of the form VALUE.
  (cond ((null pattern) (if (consp value) (list value) '()))
        ((symbolp pattern) `((setq ,pattern ,value)))
        (t
         (let ((whole (gensym "WHOLE")))
           `((let ((,whole ,value))
               ,@(%loop-destructure pattern whole)))))))

(defun %loop-destructure (pattern whole)
  ;; As %LOOP-SET-FORMS, for the value of the variable WHOLE, which may be changed.
  (let ((forms '()))
    (do ((rest pattern (cdr rest)))
        ((null rest))
      (cond ((symbolp rest)
             (push `(setq ,rest ,whole) forms)
             (return nil))
            (t
             (cond ((null (car rest)))
                   ((symbolp (car rest)) (push `(setq ,(car rest) (car ,whole)) forms))
                   (t (setq forms (append (reverse (%loop-set-forms (car rest) `(car ,whole)))
                                          forms))))
             (when (cdr rest)
               (push `(setq ,whole (cdr ,whole)) forms)))))
    (or (nreverse forms) (list whole))))

;;; Steps. A step is a list of (pattern form); the steps of clauses joined by AND are set in parallel.

(defun %loop-parallel-set (steps)
  (cond ((null steps) '())
        ((null (rest steps)) (%loop-set-forms (first (first steps)) (second (first steps))))
        (t
         (let ((temporaries (mapcar (lambda (step) (declare (ignore step)) (gensym "NEW")) steps)))
           `((let ,(mapcar (lambda (temporary step) (list temporary (second step)))
                           temporaries steps)
               ,@(mapcan (lambda (temporary step) (%loop-set-forms (first step) temporary))
                         temporaries steps)))))))

(defun %loop-test-forms (tests)
  (let ((tests (remove nil tests)))
    (cond ((null tests) '())
          ((null (rest tests)) `((when ,(first tests) (go ,*loop-end-tag*))))
          (t `((when (or ,@tests) (go ,*loop-end-tag*)))))))

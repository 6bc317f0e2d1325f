(in-package "ROOK-KERNEL")
;;;; Evaluation without code: forms made of calls of global functions, lexical variables, global
;;;; variables with a value and the operators below. Nothing in them runs twice, so code would not pay.
;;;; A form is judged as a whole before any of it runs; what is not simple is compiled.

(defun %list-of-length-p (object least most)
  (do ((rest object (%cdr rest))
       (length 0 (1+ length)))
      ((atom rest) (and (null rest) (<= least length)))
    (when (>= length most) (return nil))))

;;; A function for a top-level form that calls a defining primitive with constants and functions, and
;;; gives VALUE; without a primitive it gives A. The compiler asks for it instead of making code.
(defun %definition (primitive value &optional a b c)
  (case primitive
    ((nil) #'(lambda () a))
    (defun #'(lambda () (%primitive defun a b c) value))
    (defmacro #'(lambda () (%primitive defmacro a b c) value))
    (defparameter #'(lambda () (%primitive defparameter a b c) value))
    (set-info #'(lambda () (%primitive set-info a b c) value))))

;;; The predicates take and give fuel, the number of subforms that may follow, or NIL: that bounds the
;;; time lost on what is compiled in the end, and ends on circular forms. VARIABLES are the lexical ones.
(defun %simple-form-p (form)
  (%simple-form form '() 200))

(defun %simple-form (form variables fuel)
  (cond ((eql fuel 0) nil)
        ((symbolp form)
         (and (or (%memq form variables)
                  (and (boundp form) (not (%primitive symbol-macro-in form nil))))
              (1- fuel)))
        ((atom form) (1- fuel))
        (t (%simple-compound (%car form) (%cdr form) variables (1- fuel)))))

(defun %simple-compound (operator operands variables fuel)
  (case operator
    (quote (and (%list-of-length-p operands 1 1) fuel))
    (function (and (%list-of-length-p operands 1 1)
                   (%simple-function-p (%car operands))
                   fuel))
    ((progn and or) (%simple-forms operands variables fuel))
    (if (and (%list-of-length-p operands 2 3) (%simple-forms operands variables fuel)))
    ((when unless) (and (consp operands) (%simple-forms operands variables fuel)))
    (cond (%simple-clauses operands variables fuel))
    (setq (and (%list-of-length-p operands 2 2)
               (%simple-target-p (%car operands) variables)
               (%simple-form (cadr operands) variables fuel)))
    (let (and (consp operands)
              (%simple-let (%car operands) (%cdr operands) variables variables fuel)))
    (let* (and (consp operands)
               (%simple-let* (%car operands) (%cdr operands) variables fuel)))
    (t (and (%simple-function-p operator) (%simple-forms operands variables fuel)))))

(defun %simple-function-p (name)
  (and (symbolp name)
       (fboundp name)
       (not (special-operator-p name))
       (not (macro-function name))))

(defun %simple-target-p (variable variables)
  (and (symbolp variable)
       (or (%memq variable variables)
           (and (boundp variable)
                (not (%primitive symbol-constant-p variable))
                (not (%primitive symbol-macro-in variable nil))))))

(defun %simple-forms (forms variables fuel)
  (and (%list-of-length-p forms 0 50)
       (do ((rest forms (%cdr rest)))
           ((or (null fuel) (null rest)) fuel)
         (setq fuel (%simple-form (%car rest) variables fuel)))))

(defun %simple-clauses (clauses variables fuel)
  (and (%list-of-length-p clauses 0 50)
       (do ((rest clauses (%cdr rest)))
           ((or (null fuel) (null rest)) fuel)
         (setq fuel (and (consp (%car rest)) (%simple-forms (%car rest) variables fuel))))))

;;; A binding is (VARIABLE FORM).
(defun %simple-binding-p (bindings)
  (and (consp bindings)
       (%list-of-length-p (%car bindings) 2 2)
       (let ((variable (%car (%car bindings))))
         (and variable
              (symbolp variable)
              (not (%primitive symbol-constant-p variable))
              (not (%primitive symbol-special-p variable))))))

(defun %simple-let (bindings body inner variables fuel)
  (cond ((null fuel) nil)
        ((null bindings) (%simple-forms body inner fuel))
        ((not (%simple-binding-p bindings)) nil)
        (t (let ((variable (caar bindings)))
             ;; A variable bound twice is an error, which the compiler reports.
             (if (%bound-since-p variable inner variables)
                 nil
                 (%simple-let (%cdr bindings) body (cons variable inner) variables
                              (%simple-form (cadar bindings) variables fuel)))))))

(defun %bound-since-p (variable inner outer)
  (do ((rest inner (%cdr rest)))
      ((eq rest outer) nil)
    (when (eq (%car rest) variable) (return t))))

(defun %simple-let* (bindings body variables fuel)
  (cond ((null fuel) nil)
        ((null bindings) (%simple-forms body variables fuel))
        ((not (%simple-binding-p bindings)) nil)
        (t (%simple-let* (%cdr bindings) body (cons (caar bindings) variables)
                         (%simple-form (cadar bindings) variables fuel)))))

;;; Evaluation. ENVIRONMENT holds the lexical variables with their values.
(defun %eval-simple (form environment)
  (cond ((symbolp form)
         (let ((entry (%assq form environment)))
           (if entry (%cdr entry) (symbol-value form))))
        ((atom form) form)
        (t (let ((operands (%cdr form)))
             (case (%car form)
               (quote (%car operands))
               (function (fdefinition (%car operands)))
               (progn (%eval-simple-body operands environment))
               (if (cond ((%eval-simple (%car operands) environment)
                          (%eval-simple (cadr operands) environment))
                         (t (%eval-simple (caddr operands) environment))))
               (when (if (%eval-simple (%car operands) environment)
                         (%eval-simple-body (%cdr operands) environment)
                         nil))
               (unless (if (%eval-simple (%car operands) environment)
                           nil
                           (%eval-simple-body (%cdr operands) environment)))
               (and (%eval-simple-and operands environment))
               (or (%eval-simple-or operands environment))
               (cond (%eval-simple-cond operands environment))
               (setq (%eval-simple-setq (%car operands) (cadr operands) environment))
               (let (%eval-simple-let (%car operands) (%cdr operands) environment))
               (let* (%eval-simple-let* (%car operands) (%cdr operands) environment))
               (t (%eval-simple-call (%car form) operands environment)))))))

(defun %eval-simple-call (name operands environment)
  (let ((arguments '()))
    (do ((rest operands (%cdr rest)))
        ((null rest))
      (push (%eval-simple (%car rest) environment) arguments))
    (apply (fdefinition name) (nreverse arguments))))

(defun %eval-simple-body (forms environment)
  (if (null forms)
      nil
      (do ((rest forms (%cdr rest)))
          ((null (%cdr rest)) (%eval-simple (%car rest) environment))
        (%eval-simple (%car rest) environment))))

(defun %eval-simple-and (forms environment)
  (if (null forms)
      t
      (do ((rest forms (%cdr rest)))
          ((null (%cdr rest)) (%eval-simple (%car rest) environment))
        (if (%eval-simple (%car rest) environment) nil (return nil)))))

(defun %eval-simple-or (forms environment)
  (if (null forms)
      nil
      (do ((rest forms (%cdr rest)))
          ((null (%cdr rest)) (%eval-simple (%car rest) environment))
        (let ((value (%eval-simple (%car rest) environment)))
          (if value (return value) nil)))))

(defun %eval-simple-cond (clauses environment)
  (do ((rest clauses (%cdr rest)))
      ((null rest) nil)
    (let* ((clause (%car rest))
           (value (%eval-simple (%car clause) environment)))
      (when value
        (return (if (%cdr clause) (%eval-simple-body (%cdr clause) environment) value))))))

(defun %eval-simple-setq (variable form environment)
  (let ((value (%eval-simple form environment))
        (entry (%assq variable environment)))
    (if entry
        (setf (cdr entry) value)
        (set variable value))))

(defun %eval-simple-let (bindings body environment)
  (let ((inner environment))
    (do ((rest bindings (%cdr rest)))
        ((null rest))
      (push (cons (caar rest) (%eval-simple (cadar rest) environment)) inner))
    (%eval-simple-body body inner)))

(defun %eval-simple-let* (bindings body environment)
  (let ((inner environment))
    (do ((rest bindings (%cdr rest)))
        ((null rest))
      (push (cons (caar rest) (%eval-simple (cadar rest) inner)) inner))
    (%eval-simple-body body inner)))

(in-package "ROOK-KERNEL")
;;;; EVAL, COMPILE and what is asked of names and forms: PROCLAIM, CONSTANTP, SPECIAL-OPERATOR-P.

(defun %eval (form)
  (funcall (%primitive compile-form form)))

(defun eval (form)
  (cond ((%simple-form-p form) (%eval-simple form '()))
        ((atom form) (%eval form))
        (t (case (%car form)
             (progn (%eval-progn form))
             (if (%eval-if form))
             (setq (%eval-setq form))
             (t (%eval form))))))

;;; Parts of these forms are evaluated one after the other, each in the way that suits it.
(defun %eval-progn (form)
  (if (%list-of-length-p form 1 10000)
      (do ((rest (%cdr form) (%cdr rest)))
          ((atom (cdr rest)) (eval (car rest)))
        (eval (%car rest)))
      (%eval form)))

(defun %eval-if (form)
  (cond ((not (%list-of-length-p form 3 4)) (%eval form))
        ((eval (cadr form)) (eval (caddr form)))
        (t (eval (cadddr form)))))

(defun %eval-setq (form)
  (let ((variable (and (%list-of-length-p form 3 3) (cadr form))))
    (if (and variable (%simple-target-p variable '()))
        (set variable (values (eval (caddr form))))
        (%eval form))))

;;; COMPILE of a function object: every function is compiled already.
(defun compile (name &optional (definition nil definition-p))
  (let ((definition (if definition-p definition (%definition-to-compile name))))
    (let ((function (cond ((functionp definition) definition)
                          ((and (consp definition) (eq (car definition) 'lambda))
                           (%primitive compile-lambda name definition))
                          (t (%type-error definition '(or function (cons (eql lambda))))))))
      (cond ((null name) (values function nil nil))
            ((not definition-p) (values name nil nil))
            ((and (symbolp name) (macro-function name))
             (%set-macro-function name function)
             (values name nil nil))
            (t (%set-fdefinition name function)
               (values name nil nil))))))

(defun %definition-to-compile (name)
  (if (and (symbolp name) (macro-function name))
      (macro-function name)
      (fdefinition name)))

(defun proclaim (declaration-specifier)
  (if (consp declaration-specifier) nil (%type-error declaration-specifier 'cons))
  (%eval `(declaim ,declaration-specifier))
  nil)

(defmacro %define-special-operators (&rest names)
  `(progn
     ,@(%map1 #'(lambda (name) `(%put-property ',name '%special-operator t)) names)))

(%define-special-operators
 block catch eval-when flet function go if labels let let* load-time-value locally macrolet
 multiple-value-call multiple-value-prog1 progn progv quote return-from setq symbol-macrolet tagbody
 the throw unwind-protect)

(defun special-operator-p (symbol)
  (%get-property (%check-symbol symbol) '%special-operator))

(defun constantp (form &optional environment)
  (cond ((symbolp form)
         (or (null form)
             (keywordp form)
             (and (%primitive symbol-constant-p form)
                  (null (%primitive symbol-macro-in form environment)))))
        ((atom form) t)
        (t (eq (%car form) 'quote))))

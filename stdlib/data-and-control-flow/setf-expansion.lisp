(in-package "ROOK-KERNEL")
;;;; GET-SETF-EXPANSION and the definitions it looks up.
;;;; A name has at most one of two properties: %SETF-UPDATE, the name of a function that takes the
;;;; place's arguments and the new value and returns the new value; or %SETF-EXPANDER, a function of
;;;; form and environment that gives the five values. Other places call the function (SETF NAME).

(defun %define-setf-update (name update)
  (%remove-property name '%setf-expander)
  (%put-property name '%setf-update update)
  name)

(defun %define-setf-expander (name expander)
  (%remove-property name '%setf-update)
  (%put-property name '%setf-expander expander)
  name)

;;; Whether evaluating FORM twice, or later, is the same as evaluating it now.
(defun %constant-form-p (form)
  (cond ((consp form) (eq (car form) 'quote))
        ((symbolp form)
         (or (null form)
             (eq form t)
             (eq (%symbol-ref form +symbol-package+) (%primitive find-package "KEYWORD"))))
        (t t)))

;;; Temporaries for argument forms: values are variables, their forms, and the arguments to use.
(defun %argument-temporaries (arguments)
  (let ((variables nil) (forms nil) (uses nil))
    (dolist (argument arguments)
      (if (%constant-form-p argument)
          (setq uses (cons argument uses))
          (let ((variable (gensym "ARGUMENT")))
            (setq variables (cons variable variables))
            (setq forms (cons argument forms))
            (setq uses (cons variable uses)))))
    (values (%nreverse-list variables) (%nreverse-list forms) (%nreverse-list uses))))

(defun %update-expansion (place update)
  (multiple-value-bind (variables forms uses) (%argument-temporaries (cdr place))
    (let ((store (gensym "NEW")))
      (values variables forms (list store)
              `(,update ,@uses ,store)
              `(,(car place) ,@uses)))))

(defun %function-expansion (place)
  (multiple-value-bind (variables forms uses) (%argument-temporaries (cdr place))
    (let ((store (gensym "NEW")))
      (values variables forms (list store)
              `(funcall #'(setf ,(car place)) ,store ,@uses)
              `(,(car place) ,@uses)))))

(defun get-setf-expansion (place &optional environment)
  (cond
    ((symbolp place)
     (let ((expansion (macroexpand-1 place environment)))
       (if (eq expansion place)
           (let ((store (gensym "NEW")))
             (values nil nil (list store) `(setq ,place ,store) place))
           (get-setf-expansion expansion environment))))
    ((not (consp place)) (error "~S is not a place." place))
    ((and (consp (car place)) (eq (car (car place)) 'lambda))
     (error "~S is not a place." place))
    ((not (symbolp (car place))) (error "~S is not a place." place))
    (t
     (let* ((local (%primitive locally-defined-p (car place) environment))
            (update (if local nil (%get-property (car place) '%setf-update)))
            (expander (if local nil (%get-property (car place) '%setf-expander))))
       (cond
         (update (%update-expansion place update))
         (expander (funcall expander place environment))
         (t (multiple-value-bind (expansion expanded) (macroexpand-1 place environment)
              (if expanded
                  (get-setf-expansion expansion environment)
                  (%function-expansion place)))))))))

;;; GET-SETF-EXPANSION for places that must have one store variable.
(defun %single-setf-expansion (place environment)
  (multiple-value-bind (variables forms stores writer reader) (get-setf-expansion place environment)
    (if (or (null stores) (cdr stores))
        (error "~S is not a place for exactly one value." place)
        nil)
    (values variables forms (car stores) writer reader)))

(defun %let*-bindings (variables forms)
  (let ((bindings nil))
    (do ((variables variables (cdr variables))
         (forms forms (cdr forms)))
        ((null variables) (%nreverse-list bindings))
      (setq bindings (cons (list (car variables) (car forms)) bindings)))))

;;; BODY in the scope of a place's temporaries.
(defun %with-bindings (variables forms body)
  (if variables
      `(let* ,(%let*-bindings variables forms)
         (declare (ignorable ,@variables))
         ,body)
      body))

;;; Defining forms.

(defmacro define-setf-expander (name lambda-list &body body)
  (let ((documentation (nth-value 2 (parse-body body t))))
    `(eval-when (:compile-toplevel :load-toplevel :execute)
       (%define-setf-expander ',name ,(%macro-lambda name lambda-list body))
       ,@(if documentation
             `((%put-property ',name '%setf-documentation ,documentation))
             nil)
       ',name)))

(defmacro defsetf (name update-or-lambda-list &rest rest)
  (if (symbolp update-or-lambda-list)
      (if update-or-lambda-list
          `(eval-when (:compile-toplevel :load-toplevel :execute)
             (%define-setf-update ',name ',update-or-lambda-list)
             ',name)
          (%expand-defsetf name nil (car rest) (cdr rest)))
      (%expand-defsetf name update-or-lambda-list (car rest) (cdr rest))))

(defun %expand-defsetf (name lambda-list stores body)
  (let ((place (gensym "PLACE")) (outer-environment (gensym "ENVIRONMENT")))
    (multiple-value-bind (kept whole environment) (%split-macro-lambda-list lambda-list)
      (declare (ignore whole))
      (multiple-value-bind (forms declarations) (parse-body body t)
        `(eval-when (:compile-toplevel :load-toplevel :execute)
           (%define-setf-expander
            ',name
            (lambda (,place ,outer-environment)
              (declare (ignorable ,outer-environment))
              (%long-defsetf-expansion
               ,place ,(%list-length stores)
               #'(lambda (arguments ,@stores)
                   (let (,@(if environment `((,environment ,outer-environment)) nil))
                     (destructuring-bind ,kept arguments
                       ,@declarations
                       (block ,name ,@forms)))))))
           ',name)))))

(defun %long-defsetf-expansion (place store-count writer)
  (multiple-value-bind (variables forms uses) (%argument-temporaries (cdr place))
    (let ((stores nil))
      (dotimes (i store-count)
        (setq stores (cons (gensym "NEW") stores)))
      (values variables forms stores
              (%apply writer (cons uses stores))
              `(,(car place) ,@uses)))))

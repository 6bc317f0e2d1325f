(in-package "ROOK-KERNEL")
;;;; Macro lambda lists for the defining macros that the compiler does not know:
;;;; DEFINE-SETF-EXPANDER, DEFSETF, DEFTYPE, DEFINE-COMPILER-MACRO.

;;; Splits off &WHOLE and &ENVIRONMENT: values are the rest, the whole and the environment variable.
(defun %split-macro-lambda-list (lambda-list)
  (let ((whole nil) (environment nil) (kept nil) (rest lambda-list))
    (if (and (consp rest) (eq (car rest) '&whole))
        (progn (setq whole (car (cdr rest))) (setq rest (cdr (cdr rest))))
        nil)
    (tagbody
     again
       (cond ((null rest) nil)
             ((not (consp rest)) nil)
             ((eq (car rest) '&environment)
              (setq environment (car (cdr rest)))
              (setq rest (cdr (cdr rest)))
              (go again))
             (t (setq kept (cons (car rest) kept))
                (setq rest (cdr rest))
                (go again))))
    (values (%nreconc kept rest) whole environment)))

;;; The lambda list with DEFAULT as initial form of optional and key parameters that have none.
(defun %with-default-values (lambda-list default)
  (let ((state 'required) (result nil) (rest lambda-list))
    (tagbody
     again
       (if (consp rest)
           (let ((item (car rest)))
             (cond ((%memq item '(&optional &key)) (setq state 'optional))
                   ((%memq item '(&rest &body &aux &whole)) (setq state 'other))
                   ((eq state 'optional)
                    (cond ((eq item '&allow-other-keys) nil)
                          ((not (consp item)) (setq item (list item default)))
                          ((null (cdr item)) (setq item (list (car item) default))))))
             (setq result (cons item result))
             (setq rest (cdr rest))
             (go again))
           nil))
    (%nreconc result rest)))

;;; A lambda expression of two arguments, form and environment, that destructures the arguments of
;;; the form by LAMBDA-LIST and runs BODY in a block called NAME.
(defun %macro-lambda (name lambda-list body &optional (arguments-of 'cdr))
  (multiple-value-bind (kept whole environment) (%split-macro-lambda-list lambda-list)
    (multiple-value-bind (forms declarations) (parse-body body t)
      (let ((form (or whole (gensym "FORM")))
            (env (or environment (gensym "ENVIRONMENT"))))
        `(lambda (,form ,env)
           (declare (ignorable ,form ,env))
           (destructuring-bind ,kept (,arguments-of ,form)
             ,@declarations
             (block ,name ,@forms)))))))

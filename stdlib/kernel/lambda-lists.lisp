(in-package "ROOK-KERNEL")
;;;; Macro lambda lists for the defining macros that the compiler does not know.

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

;;; A lambda expression of two arguments, form and environment, that destructures the arguments of
;;; the form by LAMBDA-LIST and runs BODY in a block called NAME.
(defun %macro-lambda (name lambda-list body)
  (multiple-value-bind (kept whole environment) (%split-macro-lambda-list lambda-list)
    (multiple-value-bind (forms declarations) (parse-body body t)
      (let ((form (or whole (gensym "FORM")))
            (env (or environment (gensym "ENVIRONMENT"))))
        `(lambda (,form ,env)
           (declare (ignorable ,form ,env))
           (destructuring-bind ,kept (cdr ,form)
             ,@declarations
             (block ,name ,@forms)))))))

(defconstant lambda-list-keywords
  '(&allow-other-keys &aux &body &environment &key &optional &rest &whole))

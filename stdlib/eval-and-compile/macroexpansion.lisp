(in-package "ROOK-KERNEL")
;;;; MACROEXPAND and MACRO-FUNCTION. The compiler answers what a name is in an environment.

(defvar *macroexpand-hook* 'funcall)

(defun macroexpand-1 (form &optional environment)
  (cond ((symbolp form)
         (let ((expansion (%primitive symbol-macro-in form environment)))
           (if expansion (values (car expansion) t) (values form nil))))
        ((and (consp form) (symbolp (car form)))
         (let ((expander (%primitive macro-function-in (car form) environment)))
           (if expander
               (values (funcall *macroexpand-hook* expander form environment) t)
               (values form nil))))
        (t (values form nil))))

(defun macroexpand (form &optional environment)
  (let ((expanded-once nil))
    (tagbody
     again
       (multiple-value-bind (expansion expanded) (macroexpand-1 form environment)
         (setq form expansion)
         (if expanded
             (progn (setq expanded-once t) (go again))
             nil)))
    (values form expanded-once)))

(defun macro-function (symbol &optional environment)
  (if (symbolp symbol) nil (%type-error symbol 'symbol))
  (%primitive macro-function-in symbol environment))

(defun %set-macro-function (symbol expander)
  (%primitive set-macro-expander symbol expander)
  expander)

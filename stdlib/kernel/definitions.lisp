;;;; What DEFUN, DEFMACRO, DEFVAR and the like do when they are executed. The first file of the
;;;; library: until its first two forms have run there is neither DEFUN nor IN-PACKAGE.
(rook-kernel::%primitive set-symbol-function 'rook-kernel::%find-package-or-error
                         #'(lambda (name) (rook-kernel::%primitive package name)))
(in-package "ROOK-KERNEL")

(%primitive set-symbol-function '%defun
            #'(lambda (name function documentation)
                (if documentation
                    (%put-property name '%function-documentation documentation)
                    nil)
                (%primitive set-symbol-function name function)))

(defun %put-property (symbol key value)
  (let ((rest (%symbol-ref symbol 5)))
    (tagbody
     again
       (if (consp rest)
           (if (eq (%car rest) key)
               (rplaca (%cdr rest) value)
               (progn (setq rest (%cdr (%cdr rest))) (go again)))
           (%set-symbol-ref symbol 5 (cons key (cons value (%symbol-ref symbol 5)))))))
  value)

(defun %get-property (symbol key)
  (let ((rest (%symbol-ref symbol 5)) (value nil))
    (tagbody
     again
       (if (consp rest)
           (if (eq (%car rest) key)
               (setq value (%car (%cdr rest)))
               (progn (setq rest (%cdr (%cdr rest))) (go again)))
           nil))
    value))

(defun %remove-property (symbol key)
  (let ((rest (%symbol-ref symbol 5)) (before nil) (found nil))
    (tagbody
     again
       (if (consp rest)
           (if (eq (%car rest) key)
               (progn
                 (setq found t)
                 (if before
                     (rplacd (%cdr before) (%cdr (%cdr rest)))
                     (%set-symbol-ref symbol 5 (%cdr (%cdr rest)))))
               (progn (setq before rest) (setq rest (%cdr (%cdr rest))) (go again)))
           nil))
    found))

(defun %set-info (name indicator value)
  (%put-property name indicator value))

(defun %defmacro (name expander documentation)
  (if documentation (%put-property name '%function-documentation documentation) nil)
  (%primitive set-macro-expander name expander))

(defun %proclaim-special (symbol)
  (%primitive set-symbol-special symbol t))

;;; Answers whether the variable needs its initial value.
(defun %defvar (symbol documentation)
  (%primitive set-symbol-special symbol t)
  (if documentation (%put-property symbol '%variable-documentation documentation) nil)
  (not (%primitive boundp symbol)))

(defun %defparameter (symbol value documentation)
  (%primitive set-symbol-special symbol t)
  (if documentation (%put-property symbol '%variable-documentation documentation) nil)
  (set symbol value))

(defun %defconstant (symbol value documentation)
  (if documentation (%put-property symbol '%variable-documentation documentation) nil)
  (if (if (%primitive symbol-constant-p symbol) (eql value (symbol-value symbol)) nil)
      nil
      (progn
        (%primitive set-symbol-constant symbol nil)
        (%primitive set-global-symbol-value symbol value)
        (%primitive set-symbol-constant symbol t)))
  symbol)

;;; What a form that could not be compiled does when it is executed.
(defun %source-error (message)
  (error 'program-error :format-control "~A" :format-arguments (cons message nil)))

(in-package "ROOK-KERNEL")
;;;; Access to symbols: names, packages, property lists, copies.

(defvar *keyword-package* (%primitive find-package "KEYWORD"))

(defun %check-symbol (object)
  (if (symbolp object) object (%type-error object 'symbol)))

(defun symbol-name (symbol)
  (%symbol-ref (%check-symbol symbol) +symbol-name+))

(defun symbol-package (symbol)
  (%symbol-ref (%check-symbol symbol) +symbol-package+))

(defun symbol-plist (symbol)
  (%symbol-ref (%check-symbol symbol) +symbol-plist+))

(defun %set-symbol-plist (symbol plist)
  (%check-symbol symbol)
  (if (listp plist) (%set-symbol-ref symbol +symbol-plist+ plist) (%type-error plist 'list))
  plist)

(defun keywordp (object)
  (and (symbolp object)
       (eq (%symbol-ref object +symbol-package+) *keyword-package*)))

(defun get (symbol indicator &optional default)
  (do ((rest (%symbol-ref (%check-symbol symbol) +symbol-plist+) (cdr (cdr rest))))
      ((null rest) default)
    (if (eq (car rest) indicator) (return (car (cdr rest))) nil)))

(defun %put (symbol indicator value)
  (%put-property (%check-symbol symbol) indicator value))

(defun remprop (symbol indicator)
  (%remove-property (%check-symbol symbol) indicator))

(defun boundp (symbol)
  (%primitive boundp (%check-symbol symbol)))

(defun makunbound (symbol)
  (%primitive makunbound (%check-symbol symbol))
  symbol)

(defun copy-symbol (symbol &optional copy-properties)
  (let ((copy (%primitive make-symbol (symbol-name symbol))))
    (if copy-properties
        (progn
          (if (%primitive boundp symbol) (set copy (symbol-value symbol)) nil)
          (if (%primitive fboundp symbol)
              (%set-symbol-ref copy +symbol-function+ (%symbol-ref symbol +symbol-function+))
              nil)
          (%set-symbol-ref copy +symbol-plist+ (copy-list (symbol-plist symbol))))
        nil)
    copy))

(defvar *gentemp-counter* 0)

(defun gentemp (&optional (prefix "T") (package *package*))
  (if (%stringp prefix) nil (%type-error prefix 'string))
  (let ((package (%package package)))
    (do ()
        (nil)
      (let ((name (%name-with-number prefix *gentemp-counter*)))
        (setq *gentemp-counter* (1+ *gentemp-counter*))
        (%primitive find-symbol name package)
        (if (%second-value)
            nil
            (return (%primitive intern name package)))))))

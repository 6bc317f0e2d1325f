(in-package "ROOK-KERNEL")
;;;; Property lists of symbols, where definitions that the compiler and the library share are kept.
;;;; The first file of the library: uses native operators only.

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
                 (setq found rest)
                 (if before
                     (rplacd (%cdr before) (%cdr (%cdr rest)))
                     (%set-symbol-ref symbol 5 (%cdr (%cdr rest)))))
               (progn (setq before rest) (setq rest (%cdr (%cdr rest))) (go again)))
           nil))
    found))

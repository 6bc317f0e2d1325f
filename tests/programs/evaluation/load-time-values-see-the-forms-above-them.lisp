;;; The standard leaves open when a file's load-time values are computed among its top-level forms. Here
;;; it is just before the form that names them, so they may use what the file has defined above.
(defstruct config (entries '()))
(defvar *log* '())
(defun note (x) (push x *log*) x)

(note :first)
(defun settings ()
  (load-time-value (note (make-config :entries (list 1 2)))))
(note :second)
(print (config-entries (settings)))
(print (eq (settings) (settings)))

;; One in another, and several in one form.
(defun nested ()
  (list (load-time-value (list (note :outer) (load-time-value (note :inner))))
        (load-time-value (note :another))))
(note :third)
(print (nested))

;; Before the whole form, not only before its part.
(let ((x (note :in-form)))
  (print (list x (load-time-value (note :before-form)))))

;; Forms of PROGN are top-level forms.
(progn
  (defun helper (n) (* n n))
  (defun cached () (load-time-value (helper 12))))
(print (cached))
(print (mapcar (lambda (x) (if (config-p x) (config-entries x) x)) (reverse *log*)))
(terpri)

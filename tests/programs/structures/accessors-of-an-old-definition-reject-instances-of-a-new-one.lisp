;;; A redefinition with other slots makes another type; code compiled for the old one, in which
;;; accessors are in line, does not read past the end of new instances. The standard leaves open what a
;;; redefinition means. Old instances stay what they were.
(defstruct thing a b c)
(defun third-slot (thing) (thing-c thing))
(defun set-third-slot (thing value) (setf (thing-c thing) value))
(defun is-thing (object) (thing-p object))
(defvar *old* (make-thing :a 1 :b 2 :c 3))

(defstruct thing a)
(defvar *new* (make-thing :a 4))
(defmacro outcome (form)
  `(handler-case ,form (type-error (c) (list :type-error (type-error-expected-type c)))))
(print (outcome (third-slot *old*)))
(print (outcome (third-slot *new*)))
(print (outcome (set-third-slot *new* 5)))
(print (outcome (set-third-slot *old* 5)))
(print (outcome (third-slot *old*)))
(print (mapcar #'is-thing (list *old* *new*)))
(print (thing-a *new*))
(print (outcome (thing-a *old*)))
(terpri)

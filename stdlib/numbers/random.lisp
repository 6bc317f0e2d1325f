(in-package "ROOK-KERNEL")
;;;; RANDOM and random states.

(defvar *random-state* (%primitive make-random-state 0))

(defun make-random-state (&optional state)
  (cond ((or (null state) (eq state t)) nil)
        ((random-state-p state) nil)
        (t (%type-error state '(or boolean random-state))))
  (%primitive make-random-state (if (null state) *random-state* state)))

(defun random (limit &optional (state *random-state*))
  (if (and (realp limit) (plusp limit) (or (integerp limit) (floatp limit)))
      nil
      (%type-error limit '(or (integer 1) (float (0.0)))))
  (if (random-state-p state) nil (%type-error state 'random-state))
  (%primitive random limit state))
;;; A random state is printed readably as a call of this with its words.
(defun %random-state-from (&rest words)
  (%primitive make-random-state
              (make-array 4 :element-type '(unsigned-byte 64) :initial-contents words)))

(in-package "ROOK-KERNEL")

;;;; Literals of compiled files that hold structures and pathnames (`compiler/src/expand/literals.rs`).

(defun %revive (literal instances places)
  ;; Makes the INSTANCES, lists of a type, which slots are raw, and slots, and puts them into PLACES of the literal and of each
  ;; other. Gives the literal, or the first instance if that is it.
  (let ((made (mapcar #'%revive-instance instances)))
    (dolist (place places)
      (let* ((holder (car place)) (index (cadr place)) (instance (nth (cddr place) made)))
        (cond ((integerp holder) (%set-instance-ref (nth holder made) index instance))
              ((consp holder) (if (eql index 0) (rplaca holder instance) (rplacd holder instance)))
              (t (%set-other-ref holder index instance)))))
    (or literal (car made))))

(defun %revive-instance (description)
  (destructuring-bind (name raw &rest slots) description
    (let* ((known (%find-layout name))
           (size (length slots))
           (layout (if (and known (not (eq (%layout-kind known) :structure)))
                       known
                       (%structure-layout name size raw)))
           (instance (if (eql raw 0)
                         (%allocate-instance layout size)
                         (%primitive allocate-mixed-instance layout size raw)))
           (index 0))
      (dolist (slot slots instance)
        (setq index (+ index 1))
        (if (logbitp index raw)
            (%set-instance-double instance index slot)
            (%set-instance-ref instance index slot))))))

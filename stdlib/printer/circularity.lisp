(in-package "ROOK-KERNEL")

;;;; *PRINT-CIRCLE*: finding what is reached more than once, and the labels for it.

;;; NIL outside of printing with *PRINT-CIRCLE*. Else an EQ hash table: object to T when it occurs
;;; once, to 0 when it occurs more often and has no label yet, to its label when it has one.
(defvar *circularity-table* nil)
(defvar *circularity-label* 0)

;;; The object whose label was written last: a logical block that prints it must not write it again.
(defvar *labelled-object* nil)

(defun %may-be-shared-p (object)
  (or (consp object)
      (and (arrayp object) (not (stringp object)) (not (bit-vector-p object)))
      (%instancep object)
      (and (symbolp object) (null (symbol-package object)) *print-gensym* *print-escape*)))

(defun %push-parts (object stack)
  ;; STACK with the parts of OBJECT that printing shows in front.
  (cond ((consp object) (list* (car object) (cdr object) stack))
        ((simple-vector-p object)
         (dotimes (i (length object) stack) (push (svref object i) stack)))
        ((arrayp object)
         (if (eq (array-element-type object) t)
             (dotimes (i (if (array-has-fill-pointer-p object)
                             (length object)
                             (array-total-size object))
                         stack)
               (push (row-major-aref object i) stack))
             stack))
        ((%instancep object)
         (let ((layout (%layout-of object)))
           (if (and (%layoutp layout)
                    (eq (%layout-kind layout) :structure)
                    (null (%layout-print-function layout)))
               (dotimes (i (%layout-instance-size layout) stack)
                 (push (%primitive instance-slot object (1+ i)) stack))
               stack)))
        (t stack)))

(defun %scan-circularity (object table)
  (let ((stack (list object)))
    (do () ((null stack) table)
      (let ((next (pop stack)))
        (when (%may-be-shared-p next)
          (if (gethash next table)
              (setf (gethash next table) 0)
              (progn (setf (gethash next table) t)
                     (setq stack (%push-parts next stack)))))))))

(defun %label-state (object)
  ;; NIL when OBJECT needs no label, else 0 or its label.
  (if (and *circularity-table* (%may-be-shared-p object))
      (let ((state (gethash object *circularity-table*)))
        (if (eq state t) nil state))
      nil))

(defun %write-label (label end stream)
  (%write-char #\# stream)
  (%write-simple-string (%integer-text label 10) stream)
  (%write-char end stream))

(defun %write-label-or-reference (object state stream)
  ;; True when a reference was all there was to write.
  (if (eql state 0)
      (let ((label (incf *circularity-label*)))
        (setf (gethash object *circularity-table*) label)
        (%write-label label #\= stream)
        nil)
      (progn (%write-label state #\# stream) t)))

(defun %call-with-circularity (object function)
  (if (and *print-circle* (null *circularity-table*))
      (let ((*circularity-table* (%scan-circularity object (make-hash-table :test 'eq)))
            (*circularity-label* 0))
        (funcall function))
      (funcall function)))

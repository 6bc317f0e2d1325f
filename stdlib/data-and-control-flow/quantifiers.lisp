(in-package "ROOK-KERNEL")
;;;; EVERY, SOME, NOTANY, NOTEVERY over any sequences.

;;; STEP is the form for each tuple of elements, in terms of (test), the predicate's value.
(defmacro %define-quantifier (name (test) step result)
  `(defun ,name (predicate sequence &rest more)
     (let ((predicate (%function predicate)))
       (declare (function predicate))
       (cond
         ((and (null more) (listp sequence))
          (do ((rest sequence (%cdr rest)))
              ((%end-of-list-p rest) ,result)
            (let ((,test (funcall predicate (%car rest)))) ,step)))
         ((null more)
          (let ((length (length sequence)))
            (declare (fixnum length))
            (dotimes (i length ,result)
              (declare (fixnum i))
              (let ((,test (funcall predicate (%aref1 sequence i)))) ,step))))
         (t
          (let ((cursors (%make-cursors (cons sequence more))))
            (do ()
                ((%cursors-ended-p cursors) ,result)
              (let ((,test (%apply predicate (%cursors-next cursors)))) ,step))))))))

;;; A cursor over several sequences: a list of cells, each (rest) for a list or (vector index . end).

(defun %make-cursors (sequences)
  (%map1 #'(lambda (sequence)
             (if (listp sequence)
                 (cons nil sequence)
                 (cons sequence (cons 0 (length sequence)))))
         sequences))

(defun %cursors-ended-p (cursors)
  (dolist (cursor cursors nil)
    (if (%car cursor)
        (if (%fix>= (%car (%cdr cursor)) (%cdr (%cdr cursor))) (return t) nil)
        (if (%end-of-list-p (%cdr cursor)) (return t) nil))))

;;; The list of the current elements; advances.
(defun %cursors-next (cursors)
  (%map1 #'(lambda (cursor)
             (let ((vector (%car cursor)) (position (%cdr cursor)))
               (if vector
                   (let ((index (%car position)))
                     (rplaca position (%fix+ index 1))
                     (%aref1 vector index))
                   (progn
                     (rplacd cursor (%cdr position))
                     (%car position)))))
         cursors))

(%define-quantifier every (value) (if value nil (return nil)) t)
(%define-quantifier some (value) (if value (return value) nil) nil)
(%define-quantifier notany (value) (if value (return nil) nil) t)
(%define-quantifier notevery (value) (if value nil (return t)) nil)

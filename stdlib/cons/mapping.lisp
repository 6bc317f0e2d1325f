(in-package "ROOK-KERNEL")
;;;; MAPCAR and its relatives. One and two lists have loops of their own.

;;; FORMS run with ARGUMENTS-call bound to the call of FUNCTION on the current elements (or tails).
(defmacro %define-mapping (name (on-tails &key collect concatenate))
  (let ((part (if on-tails 'identity '%car)))
    `(defun ,name (function list &rest more)
       (let ((function (%function function)) (result nil))
         (macrolet ((take (value)
                      ,(cond (collect ``(setq result (cons ,value result)))
                             (concatenate ``(setq result (%nreconc-tail ,value result)))
                             (t `value))))
           (cond
             ((null more)
              (do ((rest list (%cdr rest)))
                  ((%end-of-list-p rest))
                (take (funcall function (,part rest)))))
             ((null (%cdr more))
              (do ((first list (%cdr first))
                   (second (%car more) (%cdr second)))
                  ((or (%end-of-list-p first) (%end-of-list-p second)))
                (take (funcall function (,part first) (,part second)))))
             (t
              (let ((lists (cons list (%append2 more nil))))
                (do ()
                    ((%some-list-ended-p lists))
                  (take (%apply function
                                (%map1 #'(lambda (each) (,part each)) lists)))
                  (do ((rest lists (%cdr rest)))
                      ((null rest))
                    (rplaca rest (%cdr (%car rest)))))))))
         ,(cond (collect '(%nreverse-list result))
                (concatenate '(%concatenated result))
                (t 'list))))))

;;; True at NIL, false at a cons, an error at anything else.
(declaim (inline %end-of-list-p))
(defun %end-of-list-p (rest)
  (cond ((consp rest) nil)
        ((null rest) t)
        (t (%type-error rest 'list))))

(defun %some-list-ended-p (lists)
  (dolist (list lists nil)
    (if (%end-of-list-p list) (return t) nil)))

;;; The parts of MAPCAN and MAPCON, last first; destructive concatenation happens at the end, but
;;; NIL parts are dropped at once.
(declaim (inline %nreconc-tail))
(defun %nreconc-tail (part parts)
  (if (null part) parts (cons part parts)))

(defun %concatenated (parts)
  (if (null parts)
      nil
      (let ((result (%car parts)))
        (dolist (part (%cdr parts) result)
          (if (consp part)
              (progn (rplacd (%last-cons part) result) (setq result part))
              (%type-error part 'list))))))

;;; The function that a designator names.
(defun %function (designator)
  (cond ((functionp designator) designator)
        ((and designator (symbolp designator)) (%primitive coerce-to-function designator))
        (t (%type-error designator '(or function symbol)))))

(%define-mapping mapcar (nil :collect t))
(%define-mapping mapc (nil))
(%define-mapping mapcan (nil :concatenate t))
(%define-mapping maplist (t :collect t))
(%define-mapping mapl (t))
(%define-mapping mapcon (t :concatenate t))

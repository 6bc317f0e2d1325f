(in-package "ROOK-KERNEL")
;;;; The list operations that macro expanders need, written with native operators only.
;;;; Workers (% names) take proper lists and do not check them.
;;;; Must not use any macro that the library defines.

(defun list (&rest items) items)

(defun list* (item &rest items)
  (if (null items)
      item
      (let ((head (cons item items)))
        (let ((tail head))
          (tagbody
           next
             (if (consp (%cdr (%cdr tail)))
                 (progn (setq tail (%cdr tail)) (go next))
                 (rplacd tail (%car (%cdr tail))))))
        head)))

(defun %type-error (datum expected-type)
  (error 'type-error :datum datum :expected-type expected-type))

(defun %nreconc (list tail)
  (let ((next nil))
    (tagbody
     again
       (if (consp list)
           (progn
             (setq next (%cdr list))
             (rplacd list tail)
             (setq tail list)
             (setq list next)
             (go again))
           (if list (%type-error list 'list) nil)))
    tail))

(defun %revappend (list tail)
  (tagbody
   again
     (if (consp list)
         (progn
           (setq tail (cons (%car list) tail))
           (setq list (%cdr list))
           (go again))
         (if list (%type-error list 'list) nil)))
  tail)

(defun %reverse-list (list) (%revappend list nil))
(defun %nreverse-list (list) (%nreconc list nil))

;;; The length of a proper list; an error for dotted and circular lists. MARK is a cons seen before,
;;; moved on whenever the length has doubled: on a circle it is met again.
;;; What a macro says of a form that it cannot expand.
(defun %form-error (control &rest arguments)
  (error 'simple-program-error :format-control control :format-arguments arguments))

(defun %list-length (list)
  (let ((rest list) (mark nil) (due 1024) (n 0))
    (declare (fixnum n due))
    (tagbody
     again
       (if (consp rest)
           (progn
             (setq n (%fix+ n 1))
             (setq rest (%cdr rest))
             (if (eq rest mark)
                 (if rest (%type-error list 'list) nil)
                 (if (%fix= n due)
                     (progn (setq mark rest) (setq due (%fix+ due due)))
                     nil))
             (go again))
           (if rest (%type-error list 'list) nil)))
    n))

;;; A copy of LIST that ends in TAIL.
(defun %append2 (list tail)
  (if (null list)
      tail
      (if (consp list)
          (let ((head (cons (%car list) nil)))
            (let ((last head) (rest (%cdr list)))
              (tagbody
               again
                 (if (consp rest)
                     (let ((cell (cons (%car rest) nil)))
                       (rplacd last cell)
                       (setq last cell)
                       (setq rest (%cdr rest))
                       (go again))
                     (if rest (%type-error rest 'list) nil)))
              (rplacd last tail))
            head)
          (%type-error list 'list))))

(defun append (&rest lists)
  (if (null lists)
      nil
      (let ((reversed (%reverse-list lists)))
        (let ((result (%car reversed)) (rest (%cdr reversed)))
          (tagbody
           again
             (if (consp rest)
                 (progn
                   (setq result (%append2 (%car rest) result))
                   (setq rest (%cdr rest))
                   (go again))
                 nil))
          result))))

(defun %last-cons (list)
  (let ((rest list) (mark nil) (due 1024) (n 0))
    (declare (fixnum n due))
    (tagbody
     again
       (if (consp (%cdr rest))
           (progn
             (setq n (%fix+ n 1))
             (setq rest (%cdr rest))
             (if (eq rest mark)
                 (%type-error list 'list)
                 (if (%fix= n due)
                     (progn (setq mark rest) (setq due (%fix+ due due)))
                     nil))
             (go again))
           nil))
    rest))

(defun %nconc2 (list tail)
  (if (consp list)
      (progn (rplacd (%last-cons list) tail) list)
      (if list (%type-error list 'list) tail)))

(defun nconc (&rest lists)
  (let ((result nil) (reversed (%reverse-list lists)))
    (if reversed
        (progn (setq result (%car reversed)) (setq reversed (%cdr reversed)))
        nil)
    (tagbody
     again
       (if (consp reversed)
           (progn
             (setq result (%nconc2 (%car reversed) result))
             (setq reversed (%cdr reversed))
             (go again))
           nil))
    result))

(defun %memq (item list)
  (tagbody
   again
     (if (consp list)
         (if (eq item (%car list))
             nil
             (progn (setq list (%cdr list)) (go again)))
         nil))
  list)

(defun %assq (item alist)
  (let ((entry nil))
    (tagbody
     again
       (if (consp alist)
           (progn
             (setq entry (%car alist))
             (if (if (consp entry) (eq (%car entry) item) nil)
                 nil
                 (progn (setq entry nil) (setq alist (%cdr alist)) (go again))))
           nil))
    entry))

;;; One-list MAPCAR for expanders.
(defun %map1 (function list)
  (let ((result nil))
    (tagbody
     again
       (if (consp list)
           (progn
             (setq result (cons (funcall function (%car list)) result))
             (setq list (%cdr list))
             (go again))
           nil))
    (%nreverse-list result)))

;;; Parses a body: values are the forms, the declarations and the documentation string.
(defun parse-body (body &optional documentation-allowed)
  (let ((declarations nil) (documentation nil))
    (tagbody
     again
       (cond ((not (consp body)) nil)
             ((and (consp (car body)) (eq (car (car body)) 'declare))
              (setq declarations (cons (car body) declarations))
              (setq body (cdr body))
              (go again))
             ((and documentation-allowed (null documentation) (consp (cdr body))
                   (%stringp (car body)))
              (setq documentation (car body))
              (setq body (cdr body))
              (go again))))
    (values body (%nreverse-list declarations) documentation)))

(defun %stringp (object)
  (if (simple-string-p object)
      t
      (and (%otherp object)
           (%fix= (%other-kind object) +kind-array+)
           (%fix= (%vector-size object) 7)
           (%stringp (%other-ref object +array-data+)))))

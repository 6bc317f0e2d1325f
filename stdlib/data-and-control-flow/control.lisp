(in-package "ROOK-KERNEL")
;;;; PROG, multiple-value macros and the CASE family's relatives that need no SETF.

(defmacro prog (variables &body body)
  (multiple-value-bind (forms declarations) (parse-body body)
    `(block nil (let ,variables ,@declarations (tagbody ,@forms)))))

(defmacro prog* (variables &body body)
  (multiple-value-bind (forms declarations) (parse-body body)
    `(block nil (let* ,variables ,@declarations (tagbody ,@forms)))))

(defmacro multiple-value-list (form)
  `(multiple-value-call #'list ,form))

(defmacro multiple-value-setq (variables form)
  (if variables
      `(values (setf (values ,@variables) ,form))
      `(prog1 ,form)))

(defmacro nth-value (n form)
  (if (and (%fixnump n) (%fix<= 0 n) (%fix< n 20))
      (let ((variables nil))
        (dotimes (i (1+ n)) (setq variables (cons (gensym "VALUE") variables)))
        `(multiple-value-bind ,(%reverse-list variables) ,form
           (declare (ignorable ,@variables))
           ,(car variables)))
      (let ((index (gensym "N")))
        `(let ((,index ,n)) (nth ,index (multiple-value-list ,form))))))

;;; CASE.

(defun %case-test (key keys)
  (cond ((null keys) nil)
        ((consp keys)
         (if (cdr keys)
             `(or ,@(%map1 #'(lambda (item) `(eql ,key ',item)) keys))
             `(eql ,key ',(car keys))))
        (t `(eql ,key ',keys))))

(defun %case-keys (clauses)
  (%append-map #'(lambda (clause)
                   (if (listp (car clause))
                       (%append2 (car clause) nil)
                       (list (car clause))))
               clauses))

(defun %check-clauses (operator clauses)
  (dolist (clause clauses)
    (if (consp clause)
        nil
        (error "A clause of ~S is not a list: ~S" operator clause))))

(defmacro case (keyform &body clauses)
  (%check-clauses 'case clauses)
  (let ((key (gensym "KEY")) (branches nil))
    (do ((rest clauses (cdr rest)))
        ((null rest))
      (let* ((clause (car rest)) (body (or (cdr clause) '(nil))))
        (setq branches
              (cons (if (and (null (cdr rest)) (%memq (car clause) '(t otherwise)))
                        `(t ,@body)
                        `(,(%case-test key (car clause)) ,@body))
                    branches))))
    `(let ((,key ,keyform))
       (declare (ignorable ,key))
       (cond ,@(%nreverse-list branches)))))

(defmacro ecase (keyform &body clauses)
  (%check-clauses 'ecase clauses)
  (let ((key (gensym "KEY")))
    `(let ((,key ,keyform))
       (cond ,@(%map1 #'(lambda (clause)
                          `(,(%case-test key (car clause)) ,@(or (cdr clause) '(nil))))
                      clauses)
             (t (%case-failure ,key '(member ,@(%case-keys clauses))))))))

(defmacro ccase (keyplace &body clauses)
  (%check-clauses 'ccase clauses)
  (%expand-correctable-case
   keyplace `(member ,@(%case-keys clauses))
   #'(lambda (key)
       (%map1 #'(lambda (clause)
                  `(,(%case-test key (car clause)) ,@(or (cdr clause) '(nil))))
              clauses))))

;;; TYPECASE.

(defmacro typecase (keyform &body clauses)
  (%check-clauses 'typecase clauses)
  (let ((key (gensym "KEY")))
    `(let ((,key ,keyform))
       (declare (ignorable ,key))
       (cond ,@(%typecase-branches key clauses t)))))

(defun %typecase-branches (key clauses otherwise-allowed)
  (let ((branches nil))
    (do ((rest clauses (cdr rest)))
        ((null rest) (%nreverse-list branches))
      (let* ((clause (car rest)) (body (or (cdr clause) '(nil))))
        (setq branches
              (cons (if (and otherwise-allowed
                             (null (cdr rest))
                             (%memq (car clause) '(t otherwise)))
                        `(t ,@body)
                        `((typep ,key ',(car clause)) ,@body))
                    branches))))))

(defmacro etypecase (keyform &body clauses)
  (%check-clauses 'etypecase clauses)
  (let ((key (gensym "KEY")))
    `(let ((,key ,keyform))
       (cond ,@(%typecase-branches key clauses nil)
             (t (%case-failure ,key '(or ,@(%map1 #'car clauses))))))))

(defmacro ctypecase (keyplace &body clauses)
  (%check-clauses 'ctypecase clauses)
  (%expand-correctable-case
   keyplace `(or ,@(%map1 #'car clauses))
   #'(lambda (key) (%typecase-branches key clauses nil))))

(defun %case-failure (datum expected-type)
  (error 'type-error :datum datum :expected-type expected-type))

;;; CCASE and CTYPECASE: on failure the STORE-VALUE restart gives the place a new value.
(defun %expand-correctable-case (place expected-type branches)
  (let ((key (gensym "KEY")) (top (gensym "TOP")) (block (gensym "BLOCK")))
    `(block ,block
       (tagbody
          ,top
          (return-from ,block
            (let ((,key ,place))
              (cond ,@(funcall branches key)
                    (t (setf ,place (%correct-case-key ,key ',expected-type ',place))
                       (go ,top)))))))))

(in-package "ROOK-KERNEL")
;;;; DO, DO*, DOLIST and DOTIMES, and the small macros they are made of.
;;;; Loaded right after kernel/lists.lisp: expanders use native operators and list basics only.

;;; The pairs of a SETQ-like body, as a list of (place value).
(defun %pairs (operator items)
  (let ((pairs nil))
    (tagbody
     again
       (if (consp items)
           (progn
             (if (consp (cdr items))
                 nil
                 (%form-error "A form is missing behind ~S." (car items)))
             (setq pairs (cons (list (car items) (car (cdr items))) pairs))
             (setq items (cdr (cdr items)))
             (go again))
           (if items (%type-error operator 'list) nil)))
    (%nreverse-list pairs)))

(defmacro psetq (&whole form &rest pairs &environment environment)
  (let ((steps (%pairs form pairs)) (symbol-macro nil))
    (%map1 #'(lambda (step)
               (if (eq (macroexpand-1 (car step) environment) (car step))
                   nil
                   (setq symbol-macro t)))
           steps)
    (cond ((null steps) nil)
          (symbol-macro `(psetf ,@pairs))
          ((null (cdr steps)) `(progn (setq ,@(car steps)) nil))
          (t (let ((temporaries (%map1 #'(lambda (step) (list (gensym "NEW") (car (cdr step)) (car step)))
                                       steps)))
               `(let ,(%map1 #'(lambda (temporary) (list (car temporary) (car (cdr temporary))))
                             temporaries)
                  (setq ,@(%append-map #'(lambda (temporary)
                                           (list (car (cdr (cdr temporary))) (car temporary)))
                                       temporaries))
                  nil))))))

(defun %append-map (function list)
  (let ((result nil))
    (tagbody
     again
       (if (consp list)
           (progn
             (setq result (%revappend (funcall function (%car list)) result))
             (setq list (%cdr list))
             (go again))
           nil))
    (%nreverse-list result)))

;;; Shared by DO and DO*.
(defun %expand-do (binder stepper variables end body)
  (multiple-value-bind (forms declarations) (parse-body body)
    (let ((top (gensym "TOP"))
          (test (gensym "TEST"))
          (bindings nil)
          (steps nil))
      (tagbody
       again
         (if (consp variables)
             (let ((variable (car variables)))
               (if (consp variable)
                   (progn
                     (if (cdr (cdr (cdr variable)))
                         (%form-error "A variable of DO is written (name initial-value step), not ~S." variable)
                         nil)
                     (setq bindings (cons (list (car variable) (car (cdr variable))) bindings))
                     (if (consp (cdr (cdr variable)))
                         (setq steps (cons (car (cdr (cdr variable))) (cons (car variable) steps)))
                         nil))
                   (setq bindings (cons (list variable nil) bindings)))
               (setq variables (cdr variables))
               (go again))
             nil))
      `(block nil
         (,binder ,(%nreverse-list bindings)
           ,@declarations
           (tagbody
              (go ,test)
              ,top
              ,@forms
              ,@(if steps (list (cons stepper (%nreverse-list steps))) nil)
              ,test
              (if ,(car end) nil (go ,top)))
           (return-from nil (progn ,@(cdr end))))))))

(defmacro do (variables end &body body)
  (%expand-do 'let 'psetq variables end body))

(defmacro do* (variables end &body body)
  (%expand-do 'let* 'setq variables end body))

(defmacro dolist ((variable list &optional result) &body body)
  (multiple-value-bind (forms declarations) (parse-body body)
    (let ((rest (gensym "REST")) (top (gensym "TOP")) (test (gensym "TEST")))
      `(block nil
         (let ((,rest ,list))
           (tagbody
              (go ,test)
              ,top
              (let ((,variable (%car ,rest)))
                ,@declarations
                (setq ,rest (%cdr ,rest))
                (tagbody ,@forms))
              ,test
              (if (consp ,rest) (go ,top) (if ,rest (%type-error ,rest 'list) nil))))
         ,@(if result
               `((let ((,variable nil))
                   ,@(%ignorable variable declarations)
                   ,result))
               nil)))))

;;; Declarations for a variable that the result form may not use.
(defun %ignorable (variable declarations)
  `((declare (ignorable ,variable)) ,@(%special-declarations variable declarations)))

;;; Those of DECLARATIONS that make VARIABLE special.
(defun %special-declarations (variable declarations)
  (let ((specials nil))
    (%map1 #'(lambda (declaration)
               (%map1 #'(lambda (specifier)
                          (if (and (consp specifier)
                                   (eq (car specifier) 'special)
                                   (%memq variable (cdr specifier)))
                              (setq specials `((declare (special ,variable))))
                              nil))
                      (cdr declaration)))
           declarations)
    specials))

(defmacro dotimes ((variable count &optional result) &body body)
  (multiple-value-bind (forms declarations) (parse-body body)
    (let ((top (gensym "TOP")) (test (gensym "TEST"))
          (index (gensym "INDEX")) (limit (gensym "LIMIT"))
          (small (if (%fixnump count) '(fixnum) nil)))
      `(block nil
         (let ((,index 0) (,limit ,count))
           (declare ,@(if small `((fixnum ,index ,limit)) `((type unsigned-byte ,index) (integer ,limit))))
           (tagbody
              (go ,test)
              ,top
              (let ((,variable ,index))
                ,@declarations
                (declare (ignorable ,variable))
                (tagbody ,@forms))
              (setq ,index (1+ ,index))
              ,test
              (if (< ,index ,limit) (go ,top) nil))
           ,@(if result
                 `((let ((,variable ,index))
                     ,@(%ignorable variable declarations)
                     ,result))
                 nil))))))

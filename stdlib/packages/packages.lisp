(in-package "ROOK-KERNEL")
;;;; Packages and the symbols in them, over the runtime's package tables.

(defun %package (designator)
  (%primitive package designator))

(defun find-package (name)
  (%primitive find-package name))

(defun list-all-packages () (%primitive list-all-packages))

(defmacro %define-package-readers (&rest pairs)
  `(progn
     ,@(%map1 #'(lambda (pair)
                  `(defun ,(car pair) (package)
                     (%other-ref (%package package) ,(cadr pair))))
              pairs)))

;;; A deleted package has no name; its object is still a package.
(defun package-name (package)
  (if (packagep package)
      (%other-ref package +package-name+)
      (%other-ref (%package package) +package-name+)))

(%define-package-readers
 (package-nicknames +package-nicknames+)
 (package-use-list +package-use-list+)
 (package-used-by-list +package-used-by+)
 (package-shadowing-symbols +package-shadowing+))

(defun %string-name (designator)
  (%simple-string-copy (string designator) 0))

;;; A list of symbols from one or a list of them.
(defun %symbol-list (symbols)
  (let ((symbols (if (and symbols (listp symbols)) symbols (list symbols))))
    (dolist (symbol symbols symbols)
      (%check-symbol symbol))))

(defun %designator-list (designators)
  (if (listp designators) designators (list designators)))

(defun find-symbol (name &optional (package *package*))
  (if (stringp name) nil (%type-error name 'string))
  (let ((symbol (%primitive find-symbol name (%package package))))
    (values symbol (%second-value))))

(defun intern (name &optional (package *package*))
  (if (stringp name) nil (%type-error name 'string))
  (let ((symbol (%primitive intern name (%package package))))
    (values symbol (%second-value))))

(defun unintern (symbol &optional (package *package*))
  (%primitive unintern (%check-symbol symbol) (%package package)))

(defun %symbols-operation (operation symbols package)
  (let ((package (%package package)))
    (dolist (symbol (%symbol-list symbols) t)
      (funcall operation symbol package))))

(defun export (symbols &optional (package *package*))
  (let ((package (%package package)) (symbols (%symbol-list symbols)))
    (dolist (symbol symbols t)
      (%make-accessible symbol package)
      (%primitive export symbol package))))

;;; EXPORT of a symbol that is not accessible is a correctable error: CONTINUE imports it.
(defun %make-accessible (symbol package)
  (let ((found (%primitive find-symbol (symbol-name symbol) package)))
    (if (and (%second-value) (eq found symbol))
        nil
        (progn
          (cerror "Import it." 'simple-package-error
                  :package package
                  :format-control "The symbol ~S is not accessible in the package ~A."
                  :format-arguments (list symbol (package-name package)))
          (%primitive import symbol package)))))

(defun unexport (symbols &optional (package *package*))
  (%symbols-operation #'(lambda (symbol package) (%primitive unexport symbol package))
                      symbols package))

(defun import (symbols &optional (package *package*))
  (%symbols-operation #'(lambda (symbol package) (%primitive import symbol package))
                      symbols package))

(defun shadowing-import (symbols &optional (package *package*))
  (%symbols-operation #'(lambda (symbol package) (%primitive shadowing-import symbol package))
                      symbols package))

(defun shadow (names &optional (package *package*))
  (let ((package (%package package)))
    (dolist (name (%designator-list names) t)
      (%primitive shadow (%string-name name) package))))

(defun use-package (packages-to-use &optional (package *package*))
  (let ((package (%package package)))
    (dolist (used (if (and packages-to-use (listp packages-to-use))
                      packages-to-use
                      (list packages-to-use))
                  t)
      (%primitive use-package (%package used) package))))

(defun unuse-package (packages-to-unuse &optional (package *package*))
  (let ((package (%package package)))
    (dolist (used (if (and packages-to-unuse (listp packages-to-unuse))
                      packages-to-unuse
                      (list packages-to-unuse))
                  t)
      (%primitive unuse-package (%package used) package))))

(defun make-package (name &key nicknames use)
  (let ((package (%primitive make-package (%string-name name) (mapcar #'%string-name nicknames))))
    (dolist (used use package)
      (%primitive use-package (%package used) package))))

(defun rename-package (package new-name &optional new-nicknames)
  (let ((package (%package package)))
    (%primitive rename-package package
                (%string-name (if (packagep new-name) (package-name new-name) new-name))
                (mapcar #'%string-name new-nicknames))
    package))

(defun delete-package (package)
  (let ((object (if (packagep package) package (%primitive find-package package))))
    (cond ((null object)
           (cerror "Do nothing." 'package-error :package package)
           nil)
          ((%package-users object)
           (cerror "Make the packages that use it stop using it." 'package-error :package object)
           (dolist (user (%package-users object))
             (%primitive unuse-package object user))
           (%primitive delete-package object))
          (t (%primitive delete-package object)))))

(defun %package-users (package)
  (%other-ref package +package-used-by+))

(defun find-all-symbols (name)
  (let ((name (string name)) (symbols nil))
    (dolist (package (list-all-packages) symbols)
      (let ((symbol (%primitive find-symbol name package)))
        (if (%second-value) (setq symbols (adjoin symbol symbols)) nil)))))

;;; Iteration.

(defun %accessible-symbols (package internal external inherited)
  (let* ((package (%package package)) (groups nil))
    (if internal
        (setq groups (cons (cons :internal (%primitive package-symbols package nil)) groups))
        nil)
    (if external
        (setq groups (cons (cons :external (%primitive package-symbols package t)) groups))
        nil)
    (if inherited
        (dolist (used (%other-ref package +package-use-list+))
          (let ((symbols nil))
            (dolist (symbol (%primitive package-symbols used t))
              (let ((found (%primitive find-symbol (symbol-name symbol) package)))
                (if (and (eq (%second-value) :inherited) (eq found symbol))
                    (setq symbols (cons symbol symbols))
                    nil)))
            (setq groups (cons (cons :inherited symbols) groups))))
        nil)
    (%nreverse-list groups)))

(defun %map-symbols (function package internal external inherited)
  (dolist (group (%accessible-symbols package internal external inherited))
    (dolist (symbol (%cdr group))
      (funcall function symbol))))

(defmacro %define-symbol-loops (&rest definitions)
  `(progn
     ,@(%map1
        #'(lambda (definition)
            (let ((name (car definition)) (mapper (cadr definition)))
              `(defmacro ,name ((variable ,@(if (eq mapper '%map-all-symbols)
                                                nil
                                                '(&optional (package '*package*)))
                                 ,@(if (eq mapper '%map-all-symbols) '(&optional result) '(result)))
                                &body body)
                 (%expand-symbol-loop variable
                                      ,(if (eq mapper '%map-all-symbols) ''nil '(list package))
                                      result body ',mapper))))
        definitions)))

(defun %expand-symbol-loop (variable packages result body mapper)
  (multiple-value-bind (forms declarations) (parse-body body)
    `(block nil
       (,mapper #'(lambda (,variable) ,@declarations (tagbody ,@forms)) ,@packages)
       ,@(if result
             `((let ((,variable nil)) ,@(%ignorable variable declarations) ,result))
             nil))))

(%define-symbol-loops
 (do-symbols %map-accessible-symbols)
 (do-external-symbols %map-external-symbols)
 (do-all-symbols %map-all-symbols))

(defun %map-accessible-symbols (function package)
  (%map-symbols function package t t t))

(defun %map-external-symbols (function package)
  (%map-symbols function package nil t nil))

(defun %map-all-symbols (function)
  (dolist (package (list-all-packages))
    (%map-symbols function package t t nil)))

;;; A function that answers, at each call, T, a symbol, its accessibility and a package, or NIL.
(defun %make-package-iterator (packages types)
  (let ((pending nil) (package nil) (status nil) (symbols nil))
    (dolist (designator (if (and packages (listp packages)) packages (list packages)))
      (if designator
          (let ((package (%package designator)))
            (dolist (group (%accessible-symbols package (member :internal types)
                                                (member :external types)
                                                (member :inherited types)))
              (setq pending (cons (cons package group) pending))))
          nil))
    (setq pending (%nreverse-list pending))
    #'(lambda ()
        (do ()
            (symbols)
          (if (null pending) (return nil) nil)
          (let ((next (%car pending)))
            (setq package (%car next))
            (setq status (cadr next))
            (setq symbols (cddr next))
            (setq pending (%cdr pending))))
        (if symbols
            (let ((symbol (%car symbols)))
              (setq symbols (%cdr symbols))
              (values t symbol status package))
            nil))))

(defmacro with-package-iterator ((name package-list-form &rest types) &body body)
  (if (null types) (error 'program-error) nil)
  (dolist (type types)
    (if (member type '(:internal :external :inherited)) nil (error 'program-error)))
  (let ((iterator (gensym "ITERATOR")))
    `(let ((,iterator (%make-package-iterator ,package-list-form ',types)))
       (declare (ignorable ,iterator))
       (macrolet ((,name () '(funcall ,iterator)))
         ,@body))))

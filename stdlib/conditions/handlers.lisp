(in-package "ROOK-KERNEL")

;;;; Handlers and signalling. *HANDLER-CLUSTERS* is a list of clusters, innermost first; a cluster is
;;;; a list of (type . function). While a handler runs, only the clusters outside its own are active.

(defvar *handler-clusters* '())
(defvar *break-on-signals* nil)

(defun %handler-applies-p (type condition names)
  ;; NAMES is the class precedence list of CONDITION, as names.
  (cond ((%memq type names) t)
        ((and (symbolp type) (%find-layout type)) nil)
        (t (typep condition type))))

(defun %signal (condition)
  (when *break-on-signals*
    (let ((type *break-on-signals*))
      (when (typep condition type)
        (let ((*break-on-signals* nil))
          (break "~A~%BREAK was entered because of *BREAK-ON-SIGNALS*." condition)))))
  (let ((*handler-clusters* *handler-clusters*)
        (names (%layout-names (%layout-of condition))))
    (do () ((null *handler-clusters*) nil)
      (let ((cluster (car *handler-clusters*)))
        (setq *handler-clusters* (cdr *handler-clusters*))
        (dolist (handler cluster)
          (when (%handler-applies-p (car handler) condition names)
            (funcall (cdr handler) condition)))))))

(defun %coerce-to-condition (datum arguments default-type operator)
  (cond ((%conditionp datum)
         (when arguments
           (error 'simple-type-error
                  :datum arguments :expected-type 'null
                  :format-control "~S was given arguments besides the condition: ~S."
                  :format-arguments (list operator arguments)))
         datum)
        ((or (stringp datum) (functionp datum))
         (%make-condition (%find-condition-layout default-type)
                          (list :format-control datum :format-arguments arguments)))
        ((and (or (symbolp datum) (%layoutp datum)) datum)
         (apply #'make-condition datum arguments))
        (t
         (error 'simple-type-error
                :datum datum :expected-type '(or symbol string function condition)
                :format-control "~S is not a condition designator."
                :format-arguments (list datum)))))

(defun signal (datum &rest arguments)
  (%signal (%coerce-to-condition datum arguments 'simple-condition 'signal))
  nil)

(defun error (datum &rest arguments)
  (let ((condition (%coerce-to-condition datum arguments 'simple-error 'error)))
    (%signal condition)
    (invoke-debugger condition)))

;;; Macros.

(defmacro handler-bind (bindings &body body)
  (if (null bindings)
      `(progn ,@body)
      `(let ((*handler-clusters*
               (cons (list ,@(mapcar (lambda (binding)
                                       `(cons ',(first binding) ,(second binding)))
                                     bindings))
                     *handler-clusters*)))
         ,@body)))

(defun %handler-clause-call (clause condition)
  ;; The body of a HANDLER-CASE clause with its variable bound to the form CONDITION.
  (destructuring-bind (type lambda-list &body body) clause
    (declare (ignore type))
    (if (null lambda-list)
        `(let () ,@body)
        `(let ((,(first lambda-list) ,condition)) ,@body))))

(defmacro handler-case (form &rest clauses)
  ;; The protected form is the body of one block. A handler notes which clause it is for and leaves
  ;; the block; only then is the clause's body run, with the values of the form out of the way.
  (let ((no-error (assoc :no-error clauses))
        (clauses (remove :no-error clauses :key #'first)))
    (if (null clauses)
        (if no-error
            `(multiple-value-call (lambda ,@(rest no-error)) ,form)
            form)
        (let* ((done (gensym "DONE"))
               (protected (gensym "PROTECTED"))
               (hit (gensym "HIT"))
               (condition (gensym "CONDITION"))
               (index -1)
               (guarded
                 `(multiple-value-prog1
                      (block ,protected
                        (handler-bind
                            ,(mapcar (lambda (clause)
                                       (incf index)
                                       `(,(first clause)
                                         (lambda (,condition)
                                           (setq ,hit ,(if (rest clauses)
                                                           `(cons ,index ,condition)
                                                           condition))
                                           (return-from ,protected nil))))
                              clauses)
                          ,form))
                    (when ,hit
                      (return-from ,done
                        ,(if (rest clauses)
                             (let ((index -1))
                               `(case (car ,hit)
                                  ,@(mapcar (lambda (clause)
                                              (incf index)
                                              `(,index ,(%handler-clause-call clause `(cdr ,hit))))
                                            clauses)))
                             (%handler-clause-call (first clauses) hit)))))))
          `(block ,done
             (let ((,hit nil))
               ,(if no-error
                    `(multiple-value-call (lambda ,@(rest no-error)) ,guarded)
                    guarded)))))))

(defmacro ignore-errors (&body forms)
  (let ((condition (gensym "CONDITION")))
    `(handler-case (progn ,@forms)
       (error (,condition) (values nil ,condition)))))

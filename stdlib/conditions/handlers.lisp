(in-package "ROOK-KERNEL")

;;;; Handlers and signalling. *HANDLER-CLUSTERS* is a list of clusters, innermost first. A cluster
;;;; is a list of (type . function), from HANDLER-BIND, or (types . function), from HANDLER-CASE: that
;;;; function takes the condition and the index of the type, and leaves. While a handler runs, only
;;;; the clusters outside its own are active.

(defvar *handler-clusters* '())
(defvar *break-on-signals* nil)

;;; Whether a handler for TYPE applies to CONDITION; NAMES is the class precedence list of its class,
;;; as names, CLUSTERS are the clusters outside that of the handler.
(declaim (inline %handler-applies-p))
(defun %handler-applies-p (type condition names clusters)
  (do ((rest names (%cdr rest)))
      ((null rest) (%handler-type-p type condition clusters))
    (if (eq type (%car rest)) (return t) nil)))

(defun %handler-type-p (type condition clusters)
  (if (and (symbolp type) (%find-layout type))
      nil
      (let ((*handler-clusters* clusters))
        (typep condition type))))

(defun %signal (condition)
  (when *break-on-signals*
    (let ((type *break-on-signals*))
      (when (typep condition type)
        (let ((*break-on-signals* nil))
          (break "~A~%BREAK was entered because of *BREAK-ON-SIGNALS*." condition)))))
  (let ((clusters *handler-clusters*)
        (names (%layout-names (%layout-of condition))))
    (do () ((null clusters) nil)
      (let ((cluster (%car clusters)))
        (setq clusters (%cdr clusters))
        (if (functionp (%cdr cluster))
            (let ((index 0))
              (declare (fixnum index))
              (dolist (type (%car cluster))
                (if (%handler-applies-p type condition names clusters)
                    (funcall (the function (%cdr cluster)) condition index)
                    nil)
                (setq index (%fix+ index 1))))
            (dolist (handler cluster)
              (if (%handler-applies-p (%car handler) condition names clusters)
                  (let ((*handler-clusters* clusters))
                    (funcall (%cdr handler) condition))
                  nil)))))))

(defun %coerce-to-condition (datum arguments default-type operator)
  (cond ((and datum (symbolp datum))
         (%make-condition-of-type datum arguments))
        ((or (simple-string-p datum) (stringp datum) (functionp datum))
         (%make-condition (%find-condition-layout default-type)
                          (list :format-control datum :format-arguments arguments)))
        ((%conditionp datum)
         (when arguments
           (error 'simple-type-error
                  :datum arguments :expected-type 'null
                  :format-control "~S was given arguments besides the condition: ~S."
                  :format-arguments (list operator arguments)))
         datum)
        ((%layoutp datum)
         (%make-condition-of-type datum arguments))
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
  ;; The protected form is the body of one block, which normal returns leave for the outer block. A
  ;; handler leaves the block with the condition and the number of its clause; only then is the body
  ;; of the clause run. The clause for no error is run in the block, outside the handlers.
  (let ((no-error (assoc :no-error clauses))
        (clauses (remove :no-error clauses :key #'first)))
    (if (null clauses)
        (if no-error
            `(multiple-value-call (lambda ,@(rest no-error)) ,form)
            form)
        (let* ((done (gensym "DONE"))
               (protected (gensym "PROTECTED"))
               (index (gensym "INDEX"))
               (condition (gensym "CONDITION"))
               (number -1)
               (guarded
                 `(let ((*handler-clusters*
                          (cons (cons ',(mapcar #'first clauses)
                                      (lambda (,condition ,index)
                                        (declare (ignorable ,index))
                                        (return-from ,protected
                                          ,(if (rest clauses)
                                               `(cons ,index ,condition)
                                               condition))))
                                *handler-clusters*)))
                    ,form)))
          `(block ,done
             (let ((,condition
                     (block ,protected
                       (return-from ,done
                         ,(if no-error
                              `(multiple-value-call (lambda ,@(rest no-error)) ,guarded)
                              guarded)))))
               (declare (ignorable ,condition))
               ,(if (rest clauses)
                    `(case (%car ,condition)
                       ,@(mapcar (lambda (clause)
                                   (incf number)
                                   `(,number ,(%handler-clause-call clause `(%cdr ,condition))))
                                 clauses))
                    (%handler-clause-call (first clauses) condition))))))))

(defmacro ignore-errors (&body forms)
  (let ((condition (gensym "CONDITION")))
    `(handler-case (progn ,@forms)
       (error (,condition) (values nil ,condition)))))

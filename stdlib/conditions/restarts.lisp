(in-package "ROOK-KERNEL")

;;;; Restarts. *RESTART-CLUSTERS* is a list of lists of restarts, innermost first. A restart is an
;;;; instance of layout RESTART; *CONDITION-RESTARTS* holds the associations with conditions.

(%install-layout 'restart
                 (%make-layout 'restart (list (%find-layout 't)) :built-in 5 (vector)))

(defmacro %restart-name (restart) `(%instance-ref ,restart 1))
(defmacro %restart-function (restart) `(%instance-ref ,restart 2))
(defmacro %restart-report (restart) `(%instance-ref ,restart 3))
(defmacro %restart-interactive (restart) `(%instance-ref ,restart 4))
(defmacro %restart-test (restart) `(%instance-ref ,restart 5))

(defvar *restart-clusters* '())
;;; List of (condition . restarts).
(defvar *condition-restarts* '())

(defvar *restart-layout* (%find-layout 'restart))

(defun %make-restart (name function report interactive test)
  (let ((restart (%allocate-instance *restart-layout* 5)))
    (%set-instance-ref restart 1 name)
    (%set-instance-ref restart 2 function)
    (%set-instance-ref restart 3 report)
    (%set-instance-ref restart 4 interactive)
    (%set-instance-ref restart 5 test)
    restart))

(defun %restartp (object)
  (eq (%layout-of object) *restart-layout*))

(defun restart-name (restart)
  (unless (%restartp restart)
    (error 'type-error :datum restart :expected-type 'restart))
  (%restart-name restart))

(defun %restart-visible-p (restart condition)
  ;; A restart that is associated with other conditions only is none for CONDITION.
  (and (or (null condition)
           (let ((associated nil) (with-this nil))
             (dolist (entry *condition-restarts* (or with-this (not associated)))
               (when (%memq restart (cdr entry))
                 (setq associated t)
                 (when (eq (car entry) condition) (setq with-this t))))))
       (or (null (%restart-test restart))
           (funcall (%restart-test restart) condition))))

(defun compute-restarts (&optional condition)
  (let ((restarts '()))
    (dolist (cluster *restart-clusters* (nreverse restarts))
      (dolist (restart cluster)
        (when (%restart-visible-p restart condition)
          (push restart restarts))))))

(defun find-restart (identifier &optional condition)
  (dolist (cluster *restart-clusters* nil)
    (dolist (restart cluster)
      (when (and (or (eq restart identifier)
                     (and identifier (eq (%restart-name restart) identifier)))
                 (%restart-visible-p restart condition))
        (return-from find-restart restart)))))

(defun %find-restart-or-lose (identifier)
  (or (find-restart identifier)
      (error 'simple-control-error
             :format-control "Restart ~S is not active."
             :format-arguments (list identifier))))

(defun invoke-restart (restart &rest values)
  (apply (%restart-function (%find-restart-or-lose restart)) values))

(defun invoke-restart-interactively (restart)
  (let* ((restart (%find-restart-or-lose restart))
         (interactive (%restart-interactive restart)))
    (apply (%restart-function restart)
           (if interactive (funcall interactive) '()))))

(defun %write-restart-report (restart stream)
  (let ((report (%restart-report restart)))
    (cond ((functionp report) (funcall report stream))
          ((stringp report) (write-string report stream))
          (t (prin1 (%restart-name restart) stream)))
    restart))

(defun %print-restart (restart stream)
  (if *print-escape*
      (print-unreadable-object (restart stream :type t :identity t)
        (prin1 (%restart-name restart) stream))
      (%write-restart-report restart stream)))
(%set-layout-print-function *restart-layout* #'%print-restart)

;;; Macros.

(defmacro restart-bind (bindings &body body)
  `(let ((*restart-clusters*
           (cons (list ,@(mapcar (lambda (binding)
                                   (destructuring-bind (name function &key report-function
                                                                        interactive-function
                                                                        test-function)
                                       binding
                                     `(%make-restart ',name ,function ,report-function
                                                     ,interactive-function ,test-function)))
                                 bindings))
                 *restart-clusters*)))
     ,@body))

(defmacro with-condition-restarts (condition-form restarts-form &body body)
  `(let ((*condition-restarts*
           (cons (cons ,condition-form ,restarts-form) *condition-restarts*)))
     ,@body))

(defun %parse-restart-clause (clause)
  ;; Name, lambda list, body, then the forms for report, interactive and test functions.
  (let ((name (first clause))
        (lambda-list (second clause))
        (body (cddr clause))
        (report nil)
        (interactive nil)
        (test nil))
    (do () ((not (and (consp body) (consp (cdr body))
                      (member (first body) '(:report :interactive :test)))))
      (let ((value (second body)))
        (case (first body)
          (:report (setq report (if (stringp value) value `(function ,value))))
          (:interactive (setq interactive `(function ,value)))
          (t (setq test `(function ,value)))))
      (setq body (cddr body)))
    (list name lambda-list body report interactive test)))

(defun %signalling-form (form environment)
  ;; FORM when it calls one of the signalling functions, else NIL.
  (let ((form (if (consp form) (macroexpand form environment) form)))
    (and (consp form)
         (member (first form) '(signal error cerror warn))
         form)))

(defun %associating-form (form)
  ;; A call of a signalling function that associates the innermost cluster with its condition.
  (let* ((operator (first form))
         (continuing (eq operator 'cerror))
         (arguments (if continuing (cddr form) (cdr form)))
         (condition (gensym "CONDITION"))
         (datum (gensym "DATUM"))
         (control (gensym "CONTROL")))
    `(let* (,@(if continuing `((,control ,(second form))) '())
            (,datum (list ,@arguments))
            (,condition (%coerce-to-condition (first ,datum) (rest ,datum)
                                              ',(case operator
                                                  (signal 'simple-condition)
                                                  (warn 'simple-warning)
                                                  (t 'simple-error))
                                              ',operator)))
       (with-condition-restarts ,condition (first *restart-clusters*)
         ,(if continuing
              ;; The format arguments of a condition object are those of the continue text as well.
              `(%cerror ,control ,condition (rest ,datum))
              `(,operator ,condition))))))

(defmacro restart-case (restartable-form &rest clauses &environment environment)
  ;; As in HANDLER-CASE: a restart leaves the inner block, with its number and its arguments.
  (let* ((done (gensym "DONE"))
         (protected (gensym "PROTECTED"))
         (hit (gensym "HIT"))
         (arguments (gensym "ARGUMENTS"))
         (parsed (mapcar #'%parse-restart-clause clauses))
         (signalling (%signalling-form restartable-form environment))
         (index -1))
    `(block ,done
       (let ((,hit
               (block ,protected
                 (return-from ,done
                   (let ((*restart-clusters*
                           (cons (list ,@(mapcar
                                          (lambda (clause)
                                            (incf index)
                                            `(%make-restart
                                              ',(first clause)
                                              (lambda (&rest ,arguments)
                                                (return-from ,protected
                                                  (cons ,index ,arguments)))
                                              ,@(cdddr clause)))
                                          parsed))
                                 *restart-clusters*)))
                     ,(if signalling (%associating-form signalling) restartable-form))))))
         (case (%car ,hit)
           ,@(let ((index -1))
               (mapcar (lambda (clause)
                         (incf index)
                         `(,index (apply (lambda ,(second clause) ,@(third clause)) (%cdr ,hit))))
                       parsed)))))))

(defmacro with-simple-restart ((name format-control &rest format-arguments) &body forms)
  `(restart-case (progn ,@forms)
     (,name ()
       :report (lambda (stream) (%write-control ,format-control stream (list ,@format-arguments)))
       (values nil t))))

;;; The standard restarts.

(defun abort (&optional condition)
  (let ((restart (find-restart 'abort condition)))
    (if restart
        (invoke-restart restart)
        (error 'simple-control-error
               :format-control "No ABORT restart is active." :format-arguments '()))
    (error 'simple-control-error
           :format-control "The ABORT restart returned." :format-arguments '())))

(defun muffle-warning (&optional condition)
  (let ((restart (find-restart 'muffle-warning condition)))
    (if restart
        (invoke-restart restart)
        (error 'simple-control-error
               :format-control "No MUFFLE-WARNING restart is active." :format-arguments '()))))

(defun continue (&optional condition)
  (let ((restart (find-restart 'continue condition)))
    (if restart (invoke-restart restart) nil)))

(defun store-value (value &optional condition)
  (let ((restart (find-restart 'store-value condition)))
    (if restart (invoke-restart restart value) nil)))

(defun use-value (value &optional condition)
  (let ((restart (find-restart 'use-value condition)))
    (if restart (invoke-restart restart value) nil)))

;;; What the interactive versions of restarts ask.

(defun %ask-for-values (prompt)
  ;; Reads a form, and returns the list of its values.
  (%write-text *query-io* "~&~A: " prompt)
  (finish-output *query-io*)
  (multiple-value-list (eval (read *query-io*))))

(defun %ask-for-value () (%ask-for-values "Enter a form to be evaluated"))

;;; A program that invokes no restart interactively need not be able to read.
(%put-property '%ask-for-values '%only-with '(invoke-restart-interactively assert check-type))

(in-package "ROOK-KERNEL")

;;;; LOOP, part 4: the macro.

(defun %simple-loop-p (forms)
  (every #'consp forms))

(defun %expand-simple-loop (forms)
  (let ((again (gensym "AGAIN")))
    `(block nil
       (tagbody
          ,again
          ,@forms
          (go ,again)))))

(defun %loop-parse-clause ()
  (let ((word (%loop-next)))
    (cond ((not (and (symbolp word) word)) (%loop-error "~S is no clause" word))
          ((%loop-keyword-p word "NAMED") (%loop-error "NAMED must come first"))
          ((%loop-keyword-p word "WITH") (%loop-parse-with))
          ((%loop-keyword-p word "FOR" "AS") (%loop-parse-for))
          ((%loop-keyword-p word "REPEAT") (%loop-parse-repeat))
          ((%loop-keyword-p word "INITIALLY")
           (dolist (form (%loop-compound-forms)) (push form *loop-initially*)))
          ((%loop-keyword-p word "FINALLY")
           (if (%loop-accept "RETURN")
               (push `(return-from ,*loop-name* ,(%loop-next)) *loop-finally*)
               (progn
                 (%loop-accept "DO" "DOING")
                 (dolist (form (%loop-compound-forms)) (push form *loop-finally*)))))
          (t
           (unless (%loop-keyword-p word "WHILE" "UNTIL") (setq *loop-body-tests-only* nil))
           (dolist (form (%loop-parse-body-clause word)) (push form *loop-body*))))))

(defun %loop-wrap-bindings (form)
  ;; *LOOP-BINDINGS* has the innermost group first.
  (dolist (group *loop-bindings* form)
    (setq form `(let ,(car group)
                  ,@(if (cdr group) `((declare ,@(cdr group))) '())
                  ,form))))

(defun %loop-assemble ()
  (let ((next (gensym "NEXT-ITERATION")))
    `(block ,*loop-name*
       ,(%loop-wrap-bindings
         `(macrolet ((loop-finish () '(go ,*loop-end-tag*)))
            (tagbody
               ,@(reverse *loop-initially*)
               ,@(reverse *loop-first-steps*)
               ,next
               ,@(reverse *loop-body*)
               ,@(reverse *loop-next-steps*)
               (go ,next)
               ,*loop-end-tag*
               ,@(reverse *loop-finally*)
               (return-from ,*loop-name* ,*loop-result*)))))))

(defun %expand-extended-loop (forms)
  (let ((*loop-forms* forms)
        (*loop-name* nil)
        (*loop-bindings* '())
        (*loop-initially* '())
        (*loop-finally* '())
        (*loop-body* '())
        (*loop-body-tests-only* t)
        (*loop-first-steps* '())
        (*loop-next-steps* '())
        (*loop-accumulations* '())
        (*loop-result* nil)
        (*loop-end-tag* (gensym "END-LOOP"))
        (*loop-it* nil)
        (*loop-steps-set-variables* nil))
    (when (%loop-accept "NAMED")
      (setq *loop-name* (%loop-next)))
    (do () ((null *loop-forms*))
      (%loop-parse-clause))
    (%loop-assemble)))

(defmacro loop (&rest forms)
  (if (%simple-loop-p forms)
      (%expand-simple-loop forms)
      (%expand-extended-loop forms)))

(defmacro loop-finish ()
  '(error 'simple-program-error
          :format-control "LOOP-FINISH stands outside of an extended LOOP."
          :format-arguments '()))

(in-package "ROOK-KERNEL")

;;;; LOOP, part 3: the clauses of the body. Parsing one returns a list of forms.

;;; Accumulation. An entry is (name kind variable . data), where KIND is :LIST, :NUMBER or :EXTREMUM.

(defun %loop-accumulation (name kind type)
  ;; The entry for NAME (NIL: the value of the loop), made when it is not there.
  (let ((entry (assoc name *loop-accumulations*)))
    (cond ((null entry) (%loop-new-accumulation name kind type))
          ((eq (second entry) kind) entry)
          (t (%loop-error "values of different kinds are accumulated~@[ into ~S~]" name)))))

(defun %loop-new-accumulation (name kind type)
  (let* ((variable (or name (gensym "RESULT")))
         (data (case kind
                 (:list (list (gensym "TAIL")))
                 (:extremum (list (gensym "SEEN")))
                 (t '())))
         (zero (if (eq kind :number) (or (%loop-zero type) 0) (if (eq kind :extremum) (%loop-zero type) nil)))
         (entry (list* name kind variable data)))
    (%loop-bind-group
     `((,variable ,zero) ,@(mapcar (lambda (hidden) (list hidden nil)) data))
     (list (if (or (eq kind :list) (eq type t)) nil (%loop-declaration variable type))))
    (push entry *loop-accumulations*)
    (unless name
      (setq *loop-result* variable))
    entry))

(defun %loop-into ()
  (if (%loop-accept "INTO") (%loop-next) nil))

(defun %loop-value-form ()
  ;; The form that a clause works on; IT means the tested value of the conditional around.
  (if (and *loop-it* (%loop-accept "IT"))
      *loop-it*
      (%loop-next)))

(defun %loop-parse-list-clause (word)
  (let* ((form (%loop-value-form))
         (entry (%loop-accumulation (%loop-into) :list t))
         (variable (third entry))
         (tail (fourth entry))
         (new (gensym "NEW")))
    (if (%loop-keyword-p word "COLLECT" "COLLECTING")
        `((let ((,new (list ,form)))
            (if ,tail (rplacd ,tail ,new) (setq ,variable ,new))
            (setq ,tail ,new)))
        `((let ((,new ,(if (%loop-keyword-p word "APPEND" "APPENDING")
                           `(%loop-copy-list ,form)
                           form)))
            (when ,new
              (if ,tail (rplacd ,tail ,new) (setq ,variable ,new))
              (when (consp ,new) (setq ,tail (last ,new)))))))))

(defun %loop-copy-list (list)
  (if (consp list) (copy-list list) list))

(defun %loop-parse-number-clause (word)
  (let* ((form (%loop-value-form))
         (name (%loop-into))
         (counting (%loop-keyword-p word "COUNT" "COUNTING"))
         (type (%loop-type (if counting 'fixnum t)))
         (variable (third (%loop-accumulation name :number (if counting type (if (eq type t) 'number type))))))
    (if counting
        `((when ,form (setq ,variable (1+ ,variable))))
        `((setq ,variable (+ ,variable ,form))))))

(defun %loop-parse-extremum-clause (word)
  (let* ((form (%loop-value-form))
         (name (%loop-into))
         (type (%loop-type t))
         (entry (%loop-accumulation name :extremum type))
         (variable (third entry))
         (seen (fourth entry))
         (value (gensym "VALUE"))
         (test (if (%loop-keyword-p word "MAXIMIZE" "MAXIMIZING") '> '<)))
    `((let ((,value ,form))
        (if ,seen
            (when (,test ,value ,variable) (setq ,variable ,value))
            (setq ,variable ,value ,seen t))))))

;;; Tests that end the loop.

(defun %loop-parse-termination (word)
  (let ((form (%loop-next)))
    (cond ((%loop-keyword-p word "WHILE") `((unless ,form (go ,*loop-end-tag*))))
          ((%loop-keyword-p word "UNTIL") `((when ,form (go ,*loop-end-tag*))))
          ((%loop-keyword-p word "ALWAYS")
           (%loop-default-result t)
           `((unless ,form (return-from ,*loop-name* nil))))
          ((%loop-keyword-p word "NEVER")
           (%loop-default-result t)
           `((when ,form (return-from ,*loop-name* nil))))
          (t
           (%loop-default-result nil)
           (let ((value (gensym "VALUE")))
             `((let ((,value ,form))
                 (when ,value (return-from ,*loop-name* ,value)))))))))

(defun %loop-default-result (form)
  (when (assoc nil *loop-accumulations*)
    (%loop-error "a clause that decides the value of the loop follows one that accumulates it"))
  (setq *loop-result* form))

;;; Conditionals.

(defun %loop-parse-conditional (negated)
  (let* ((test (%loop-next))
         (it (gensym "IT"))
         (consequent (%loop-parse-conditional-clauses it))
         (alternative (if (%loop-accept "ELSE") (%loop-parse-conditional-clauses it) '())))
    (%loop-accept "END")
    `((let ((,it ,test))
        (if ,(if negated `(not ,it) it)
            (progn ,@consequent)
            (progn ,@alternative))))))

(defun %loop-parse-conditional-clauses (it)
  ;; The forms of one or more clauses joined by AND.
  (let ((forms '()))
    (do ((more t (%loop-accept "AND")))
        ((not more) forms)
      (let ((*loop-it* it))
        (setq forms (append forms (%loop-parse-body-clause (%loop-next))))))))

;;; Dispatch. NIL means that WORD begins no clause of the body.

(defun %loop-parse-body-clause (word)
  (cond ((%loop-keyword-p word "DO" "DOING") (%loop-compound-forms))
        ((%loop-keyword-p word "COLLECT" "COLLECTING" "APPEND" "APPENDING" "NCONC" "NCONCING")
         (%loop-parse-list-clause word))
        ((%loop-keyword-p word "COUNT" "COUNTING" "SUM" "SUMMING")
         (%loop-parse-number-clause word))
        ((%loop-keyword-p word "MAXIMIZE" "MAXIMIZING" "MINIMIZE" "MINIMIZING")
         (%loop-parse-extremum-clause word))
        ((%loop-keyword-p word "WHILE" "UNTIL" "ALWAYS" "NEVER" "THEREIS")
         (%loop-parse-termination word))
        ((%loop-keyword-p word "IF" "WHEN") (%loop-parse-conditional nil))
        ((%loop-keyword-p word "UNLESS") (%loop-parse-conditional t))
        ((%loop-keyword-p word "RETURN")
         `((return-from ,*loop-name* ,(%loop-value-form))))
        (t (%loop-error "~S is no clause" word))))

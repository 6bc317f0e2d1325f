(in-package "ROOK-KERNEL")

;;;; LOOP, part 2: WITH, FOR, AS and REPEAT.

;;; What an iteration clause contributes: forms to run once, then, for the first and for the later
;;; iterations, a test before the steps, steps, a test after them, and steps of hidden variables.
(defun %loop-driver (&key init before steps after hidden
                          (next-before before) (next-steps steps) (next-after after)
                          (next-hidden hidden))
  (list init
        (list before steps after hidden)
        (list next-before next-steps next-after next-hidden)))

(defun %loop-phase-forms (phases)
  ;; The forms of one phase of clauses joined by AND.
  (append (%loop-test-forms (mapcar #'first phases))
          (%loop-parallel-set (mapcan (lambda (phase) (copy-list (second phase))) phases))
          (%loop-test-forms (mapcar #'third phases))
          (%loop-parallel-set (mapcan (lambda (phase) (copy-list (fourth phase))) phases))))

(defun %loop-add-drivers (drivers)
  (%loop-test-before-steps)
  (dolist (driver drivers)
    (dolist (form (first driver)) (push form *loop-first-steps*)))
  (dolist (form (%loop-phase-forms (mapcar #'second drivers)))
    (push form *loop-first-steps*))
  (dolist (form (%loop-phase-forms (mapcar #'third drivers)))
    (push form *loop-next-steps*)))

;;; Tests that stand before an iteration clause come before its steps, as everywhere else the text
;;; gives the order. The standard wants them behind, but much code does not.
(defun %loop-test-before-steps ()
  (when *loop-body-tests-only*
    (setq *loop-first-steps* (append *loop-body* *loop-first-steps*)
          *loop-next-steps* (append *loop-body* *loop-next-steps*)
          *loop-body* '())))

;;; WITH.

(defun %loop-parse-with ()
  (let ((bindings '()) (declarations '()) (destructured '()))
    (do ((more t (%loop-accept "AND")))
        ((not more))
      (let* ((pattern (%loop-next))
             (type (%loop-type t))
             (has-value (%loop-accept "="))
             (value (if has-value (%loop-next) nil)))
        (cond ((and (symbolp pattern) pattern)
               (push (list pattern (if has-value value (%loop-zero type))) bindings)
               (push (if has-value
                         (if (eq type t) nil `(type ,type ,pattern))
                         (%loop-declaration pattern type))
                     declarations))
              (t
               (let ((whole (gensym "WHOLE")))
                 (push (list whole value) bindings)
                 (push `(ignorable ,whole) declarations)
                 (push (list pattern type whole) destructured))))))
    (%loop-bind-group (nreverse bindings) (nreverse declarations))
    (dolist (entry (nreverse destructured))
      (%loop-bind-parts (first entry) (third entry)))))

(defun %loop-bind-parts (pattern form)
  ;; Binds the variables of PATTERN to the parts of the value of FORM.
  (cond ((null pattern))
        ((symbolp pattern) (%loop-bind pattern form))
        (t (%loop-bind-parts (car pattern) `(car ,form))
           (%loop-bind-parts (cdr pattern) `(cdr ,form)))))

;;; FOR and AS.

(defun %loop-parse-for ()
  (let ((drivers '()))
    (do ((more t (%loop-accept "AND")))
        ((not more))
      (push (%loop-parse-for-clause) drivers))
    (%loop-add-drivers (nreverse drivers))
    (setq *loop-steps-set-variables* t)))

(defun %loop-parse-for-clause ()
  (let* ((pattern (%loop-next))
         (type (%loop-type t)))
    (cond ((%loop-accept "=") (%loop-for-equals pattern type))
          ((%loop-accept "IN") (%loop-for-in pattern type))
          ((%loop-accept "ON") (%loop-for-on pattern type))
          ((%loop-accept "ACROSS") (%loop-for-across pattern type))
          ((%loop-accept "BEING") (%loop-for-being pattern type))
          ((%loop-at "FROM" "UPFROM" "DOWNFROM" "TO" "UPTO" "DOWNTO" "BELOW" "ABOVE" "BY")
           (%loop-for-arithmetic pattern type))
          (t (%loop-error "a FOR clause does not say how ~S gets its values" pattern)))))

(defun %loop-hidden (prefix form zero)
  ;; A hidden variable with the value of FORM. The values are the variable, and a list of forms that
  ;; set it once, which is empty when the binding does so.
  (let ((variable (gensym prefix)))
    (if (and *loop-steps-set-variables* (not (constantp form)))
        (progn (%loop-bind variable zero)
               (values variable `((setq ,variable ,form))))
        (progn (%loop-bind variable form)
               (values variable '())))))

(defun %loop-for-equals (pattern type)
  (let* ((first (%loop-next))
         (next (if (%loop-accept "THEN") (%loop-next) first)))
    (%loop-bind-pattern pattern type)
    (%loop-driver :steps `((,pattern ,(%loop-typed pattern type first)))
                  :next-steps `((,pattern ,(%loop-typed pattern type next))))))

(defun %loop-list-step (place)
  ;; The form that steps the list in PLACE, after an optional BY.
  (if (%loop-accept "BY")
      (let ((function (%loop-next)))
        (if (and (consp function) (%memq (first function) '(function quote))
                 (symbolp (second function)))
            `(,(second function) ,place)
            (let ((variable (gensym "STEP")))
              (%loop-bind variable function)
              `(funcall ,variable ,place))))
      `(cdr ,place)))

(defun %loop-for-in (pattern type)
  (multiple-value-bind (list init) (%loop-hidden "LIST" (%loop-next) nil)
    (let ((step (%loop-list-step list)))
      (%loop-bind-pattern pattern type)
      (%loop-driver :init init
                    :before `(endp ,list)
                    :steps `((,pattern ,(%loop-typed pattern type `(car ,list))))
                    :hidden `((,list ,step))))))

(defun %loop-for-on (pattern type)
  (let ((form (%loop-next)))
    (if (and (symbolp pattern) pattern (not *loop-steps-set-variables*))
        (progn
          (%loop-bind pattern form)
          (%loop-driver :before `(atom ,pattern)
                        :next-before nil
                        :next-steps `((,pattern ,(%loop-list-step pattern)))
                        :next-after `(atom ,pattern)))
        (multiple-value-bind (list init) (%loop-hidden "LIST" form nil)
          (let ((step (%loop-list-step list)))
            (%loop-bind-pattern pattern type)
            (%loop-driver :init init
                          :before `(atom ,list)
                          :steps `((,pattern ,list))
                          :hidden `((,list ,step))))))))

(defun %loop-for-across (pattern type)
  (multiple-value-bind (vector init) (%loop-hidden "VECTOR" (%loop-next) nil)
    (let ((index (gensym "INDEX")) (length (gensym "LENGTH")))
      (if init
          (progn (%loop-bind length 0)
                 (setq init (append init `((setq ,length (length ,vector))))))
          (%loop-bind length `(length ,vector)))
      (%loop-bind index 0 `(type fixnum ,index))
      (%loop-bind-pattern pattern type)
      (%loop-driver :init init
                    :before `(>= ,index ,length)
                    :steps `((,pattern ,(%loop-typed pattern type `(%element ,vector ,index))))
                    :hidden `((,index (1+ ,index)))))))

;;; Numbers.

(defun %loop-for-arithmetic (pattern type)
  (let ((start nil) (limit nil) (step nil) (descending nil) (ascending nil) (exclusive nil)
        (init '())
        (variable (if (and (symbolp pattern) pattern) pattern (gensym "COUNTER"))))
    (flet ((keep (form prefix)
             ;; The value of FORM, kept in a hidden variable unless it is a number.
             (if (numberp form)
                 form
                 (multiple-value-bind (variable forms) (%loop-hidden prefix form 0)
                   (setq init (append init forms))
                   variable))))
      (do () ((not (%loop-at "FROM" "UPFROM" "DOWNFROM" "TO" "UPTO" "DOWNTO" "BELOW" "ABOVE" "BY")))
        (let ((word (symbol-name (pop *loop-forms*)))
              (form (%loop-next)))
          (cond ((string= word "BY")
                 (when step (%loop-error "more than one BY"))
                 (setq step (keep form "STEP")))
                ((member word '("FROM" "UPFROM" "DOWNFROM") :test #'string=)
                 (when start (%loop-error "more than one start"))
                 (setq start (keep form "START")))
                (t
                 (when limit (%loop-error "more than one limit"))
                 (setq limit (keep form "LIMIT"))))
          (cond ((member word '("DOWNFROM" "DOWNTO" "ABOVE") :test #'string=) (setq descending t))
                ((member word '("UPFROM" "UPTO" "BELOW") :test #'string=) (setq ascending t)))
          (when (member word '("BELOW" "ABOVE") :test #'string=) (setq exclusive t)))))
    (when (and descending ascending)
      (%loop-error "a FOR clause goes both up and down"))
    (when (and descending (null start))
      (%loop-error "a descending FOR clause needs a start"))
    (let* ((start (or start 0))
           (step (or step 1))
           (in-binding (null init))
           (test (cond ((null limit) nil)
                       (descending `(,(if exclusive '<= '<) ,variable ,limit))
                       (t `(,(if exclusive '>= '>) ,variable ,limit)))))
      (%loop-bind variable
                  (if in-binding start 0)
                  (%loop-counter-declaration variable type start limit step))
      (%loop-driver :init (if in-binding '() (append init `((setq ,variable ,start))))
                    :before test
                    :next-before nil
                    :next-steps `((,variable ,(if descending
                                                  `(- ,variable ,step)
                                                  `(+ ,variable ,step))))
                    :next-after test))))

(defun %loop-counter-declaration (variable type start limit step)
  (cond ((not (or (eq type t) (null type)))
         (if (typep (if (numberp start) start 0) type) `(type ,type ,variable) nil))
        ((and (%fixnump start) (%fixnump limit) (%fixnump step)) `(type fixnum ,variable))
        (t nil)))

(defun %loop-parse-repeat ()
  (multiple-value-bind (count init) (%loop-hidden "COUNT" (%loop-next) 0)
    (%loop-add-drivers
     (list (%loop-driver :init init
                         :before `(<= ,count 0)
                         :next-before nil
                         :next-steps `((,count (1- ,count)))
                         :next-after `(<= ,count 0))))))

;;; Hash tables and packages.

(defun %hash-table-entries (table)
  ;; List of (key . value), as they are now.
  (let ((entries '()))
    (maphash (lambda (key value) (push (cons key value) entries)) table)
    (nreverse entries)))

(defun %package-symbol-list (package status)
  ;; Symbols of PACKAGE: :PRESENT, :EXTERNAL or :ACCESSIBLE.
  (let* ((package (if (packagep package)
                      package
                      (or (find-package package)
                          (error 'simple-package-error
                                 :package package
                                 :format-control "There is no package named ~S."
                                 :format-arguments (list package)))))
         (external (%primitive package-symbols package t)))
    (case status
      (:external external)
      (:present (append external (%primitive package-symbols package nil)))
      (t (let ((symbols (append external (%primitive package-symbols package nil))))
           (dolist (used (package-use-list package) symbols)
             (dolist (symbol (%primitive package-symbols used t))
               (when (eq symbol (find-symbol (symbol-name symbol) package))
                 (push symbol symbols)))))))))

(defun %loop-for-being (pattern type)
  (unless (%loop-accept "THE" "EACH")
    (%loop-error "THE or EACH is missing after BEING"))
  (let ((word (%loop-next)))
    (cond ((%loop-keyword-p word "HASH-KEY" "HASH-KEYS")
           (%loop-for-hash pattern type 'car "HASH-VALUE" 'cdr))
          ((%loop-keyword-p word "HASH-VALUE" "HASH-VALUES")
           (%loop-for-hash pattern type 'cdr "HASH-KEY" 'car))
          ((%loop-keyword-p word "SYMBOL" "SYMBOLS")
           (%loop-for-symbols pattern type :accessible))
          ((%loop-keyword-p word "PRESENT-SYMBOL" "PRESENT-SYMBOLS")
           (%loop-for-symbols pattern type :present))
          ((%loop-keyword-p word "EXTERNAL-SYMBOL" "EXTERNAL-SYMBOLS")
           (%loop-for-symbols pattern type :external))
          (t (%loop-error "~S is nothing to iterate over" word)))))

(defun %loop-using (word)
  ;; Reads (word variable) after USING, if it is there.
  (if (%loop-accept "USING")
      (let ((using (%loop-next)))
        (unless (and (consp using) (%loop-keyword-p (first using) word))
          (%loop-error "USING needs (~A variable)" word))
        (second using))
      nil))

(defun %loop-for-hash (pattern type accessor other-word other-accessor)
  (let ((other (%loop-using other-word))
        (form (if (%loop-accept "IN" "OF")
                  (%loop-next)
                  (%loop-error "IN or OF is missing"))))
    (let ((other (or other (%loop-using other-word))))
      (multiple-value-bind (entries init)
          (%loop-hidden "ENTRIES" `(%hash-table-entries ,form) nil)
        (%loop-bind-pattern pattern type)
        (when other (%loop-bind-pattern other t))
        (%loop-driver :init init
                      :before `(null ,entries)
                      :steps `((,pattern (,accessor (car ,entries)))
                               ,@(if other `((,other (,other-accessor (car ,entries)))) '()))
                      :hidden `((,entries (cdr ,entries))))))))

(defun %loop-for-symbols (pattern type status)
  (let ((form (if (%loop-accept "IN" "OF") (%loop-next) '*package*)))
    (multiple-value-bind (symbols init)
        (%loop-hidden "SYMBOLS" `(%package-symbol-list ,form ,status) nil)
      (%loop-bind-pattern pattern type)
      (%loop-driver :init init
                    :before `(null ,symbols)
                    :steps `((,pattern (car ,symbols)))
                    :hidden `((,symbols (cdr ,symbols)))))))

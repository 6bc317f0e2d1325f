(in-package "ROOK-KERNEL")
;;;; Compiler macros that put the loops of MAPCAR, EVERY, REDUCE, FIND-IF, MEMBER, ASSOC and their
;;;; like in line: a literal function then needs no closure, and leaving it is local.
;;;; The library itself is compiled before they exist, so it stays small.
;;;; An expansion names no block and no tag that a literal function could name.

;;; What calls the function that FORM yields: values are the bindings to make first, the list of
;;; forms that begin the call, and whether the function is known. Functions of the standard and
;;; local functions cannot be redefined; others are looked up once, as the function itself would do.
(defun %inline-caller (form environment)
  (let* ((operator (if (and (consp form) (consp (cdr form))) (car form) nil))
         (name (if (and (or (eq operator 'function) (eq operator 'quote)) (null (cddr form)))
                   (cadr form)
                   nil)))
    (cond ((eq operator 'lambda) (values nil (list form) t))
          ((and (eq operator 'function) (consp name) (eq (car name) 'lambda))
           (values nil (list name) t))
          ((and name (symbolp name)
                (%stable-function-p name (eq operator 'function) environment))
           (values nil (list name) t))
          (t (let ((function (gensym "FUNCTION")))
               (values `((,function ,(if (and (eq operator 'function) (symbolp name))
                                         form
                                         `(the function (%function ,form)))))
                       `(funcall ,function)
                       nil))))))

(defun %stable-function-p (name lexical environment)
  (cond ((%primitive locally-defined-p name environment)
         (and lexical (not (macro-function name environment))))
        (t (and (eq (symbol-package name) (symbol-package 'car))
                (fboundp name)
                (not (special-operator-p name))
                (not (macro-function name))))))

;;; Values of the keyword arguments LIST when it consists of pairs of an allowed keyword and a form,
;;; none twice: T and an alist of keywords and variables, with the bindings that evaluate the forms.
(defun %inline-keywords (list allowed)
  (let ((variables nil) (bindings nil))
    (do ((rest list (cddr rest)))
        ((atom rest) (values (null rest) variables (%nreverse-list bindings)))
      (if (and (consp (cdr rest)) (%memq (car rest) allowed)
               (not (assoc (car rest) variables)))
          (let ((variable (gensym "ARGUMENT")))
            (setq variables (cons (cons (car rest) variable) variables))
            (setq bindings (cons (list variable (cadr rest)) bindings)))
          (return (values nil nil nil))))))

;;; A loop over lists: BODY, in terms of the variables TAILS, runs while all are conses.
(defun %inline-list-loop (tails body result)
  (let ((top (gensym "TOP")) (test (gensym "TEST")))
    `(progn
       (tagbody
          (go ,test)
          ,top
          ,body
          (setq ,@(mapcan #'(lambda (tail) `(,tail (%cdr ,tail))) tails))
          ,test
          (if (or ,@(mapcar #'(lambda (tail) `(%end-of-list-p ,tail)) tails)) nil (go ,top)))
       ,result)))

;;; A loop over sequences of any kind: BODY, in terms of the variables ELEMENTS, runs while all have
;;; elements. A list moves its variable on; a vector moves its index.
(defun %inline-sequence-loop (sequences elements body result)
  (let ((top (gensym "TOP")) (end (gensym "END"))
        (limits (mapcar #'(lambda (sequence) (declare (ignore sequence)) (gensym "LIMIT")) sequences))
        (indexes (mapcar #'(lambda (sequence) (declare (ignore sequence)) (gensym "INDEX")) sequences)))
    `(let (,@(mapcar #'(lambda (limit sequence) `(,limit (if (listp ,sequence) -1 (length ,sequence))))
                     limits sequences)
           ,@(mapcar #'(lambda (index) `(,index 0)) indexes))
       (declare (fixnum ,@limits ,@indexes))
       (tagbody
          ,top
          (let* ,(mapcar #'(lambda (element sequence limit index)
                             `(,element
                               (cond ((consp ,sequence)
                                      (let ((item (%car ,sequence)))
                                        (setq ,sequence (%cdr ,sequence))
                                        item))
                                     ((%fix< ,index ,limit)
                                      (let ((item (%aref1 ,sequence ,index)))
                                        (setq ,index (%fix+ ,index 1))
                                        item))
                                     (t (if (%fix< ,limit 0) (%end-of-list-p ,sequence) nil)
                                        (go ,end)))))
                         elements sequences limits indexes)
            ,body)
          (go ,top)
          ,end)
       ,result)))

;;; MAPCAR, MAPC, MAPL, MAPLIST.

(defmacro %define-inline-mapping (name part collect)
  `(define-compiler-macro ,name (&whole form function list &rest more &environment environment)
     (if (nthcdr 2 more)
         form
         (%inline-mapping function (cons list more) ',part ,collect environment))))

(defun %inline-mapping (function lists part collect environment)
  (multiple-value-bind (bindings caller) (%inline-caller function environment)
    (let* ((tails (mapcar #'(lambda (list) (declare (ignore list)) (gensym "TAIL")) lists))
           (first (gensym "FIRST")) (last (gensym "LAST")) (cell (gensym "CELL"))
           (call `(,@caller ,@(mapcar #'(lambda (tail) (if part (list part tail) tail)) tails))))
      `(let (,@bindings)
         (let* (,@(mapcar #'list tails lists)
                ,@(if collect
                      `((,first (cons nil nil)) (,last ,first))
                      `((,first ,(car tails)))))
           ,(if collect
                (%inline-list-loop tails
                                   `(let ((,cell (cons ,call nil)))
                                      (rplacd ,last ,cell)
                                      (setq ,last ,cell))
                                   `(%cdr ,first))
                (%inline-list-loop tails call first)))))))

(%define-inline-mapping mapcar %car t)
(%define-inline-mapping maplist nil t)
(%define-inline-mapping mapc %car nil)
(%define-inline-mapping mapl nil nil)

;;; EVERY, SOME, NOTANY, NOTEVERY, and MAP without a result.

;;; STEP yields, for the form of the call and the name of the block, what to do with its value.
(defun %inline-quantifier (form function sequences environment step result)
  (multiple-value-bind (bindings caller known) (%inline-caller function environment)
    (if known
        (let ((block (gensym "BLOCK"))
              (variables (mapcar #'(lambda (s) (declare (ignore s)) (gensym "SEQUENCE")) sequences))
              (elements (mapcar #'(lambda (s) (declare (ignore s)) (gensym "ELEMENT")) sequences)))
          `(let (,@bindings ,@(mapcar #'list variables sequences))
             (block ,block
               ,(%inline-sequence-loop variables elements
                                       (funcall step `(,@caller ,@elements) block) result))))
        form)))

(defmacro %define-inline-quantifier (name (call block) step result)
  `(define-compiler-macro ,name (&whole form function sequence &rest more &environment environment)
     (%inline-quantifier form function (cons sequence more) environment
                         #'(lambda (,call ,block) ,step) ,result)))

(%define-inline-quantifier every (call block) `(if ,call nil (return-from ,block nil)) t)
(%define-inline-quantifier notany (call block) `(if ,call (return-from ,block nil) nil) t)
(%define-inline-quantifier notevery (call block) `(if ,call nil (return-from ,block t)) nil)
(%define-inline-quantifier some (call block)
  (let ((value (gensym "VALUE")))
    `(let ((,value ,call)) (if ,value (return-from ,block ,value) nil)))
  nil)

(define-compiler-macro map (&whole form type function sequence &rest more &environment environment)
  (if (null type)
      (%inline-quantifier form function (cons sequence more) environment
                          #'(lambda (call block) (declare (ignore block)) call) nil)
      form))

;;; REDUCE.

(defun %reduce-nothing ()
  (error 'simple-program-error
         :format-control "invalid number of arguments: ~S (function ~A)"
         :format-arguments '(0 lambda)))

;;; The call without arguments, for an empty sequence; NIL when that would need the function twice.
(defun %call-without-arguments (caller)
  (let ((operator (car caller)))
    (cond ((eq operator 'funcall) caller)
          ((symbolp operator) (if (%memq operator '(+ * append)) (list operator) `(funcall ',operator)))
          ((let ((lambda-list (cadr operator)))
             (and (consp lambda-list) (consp (cdr lambda-list)) (null (cddr lambda-list))
                  (not (%memq (car lambda-list) lambda-list-keywords))
                  (not (%memq (cadr lambda-list) lambda-list-keywords))))
           '(%reduce-nothing))
          (t nil))))

(define-compiler-macro reduce (&whole form function sequence &rest keywords &environment environment)
  (multiple-value-bind (good variables key-bindings)
      (%inline-keywords keywords '(:initial-value :key))
    (multiple-value-bind (bindings caller known) (%inline-caller function environment)
      (let ((initial (cdr (assoc :initial-value variables)))
            (key (cdr (assoc :key variables)))
            (nothing (%call-without-arguments caller)))
        (if (and good known (or initial (and nothing (not (%local-operator-p caller environment)))))
            (let ((variable (gensym "SEQUENCE")) (element (gensym "ELEMENT"))
                  (result (gensym "RESULT")) (started (gensym "STARTED")))
              `(let (,@bindings (,variable ,sequence) ,@key-bindings)
                 (let (,@(if key `((,key (%key-function ,key))) nil)
                       (,result ,initial)
                       ,@(if initial nil `((,started nil))))
                   ,(let* ((value (if key `(%key ,key ,element) element))
                           (step `(setq ,result (,@caller ,result ,value))))
                      (%inline-sequence-loop
                       (list variable) (list element)
                       (if initial
                           step
                           `(if ,started ,step (progn (setq ,result ,value) (setq ,started t))))
                       (if initial result `(if ,started ,result ,nothing)))))))
            form)))))

(defun %local-operator-p (caller environment)
  (and (symbolp (car caller)) (%primitive locally-defined-p (car caller) environment)))

;;; FIND-IF, POSITION-IF, COUNT-IF and their negations.

;;; STEP yields the body and the result, for the test, the element, a counter and the block.
(defun %inline-search (form predicate sequence keywords environment step)
  (multiple-value-bind (good variables key-bindings) (%inline-keywords keywords '(:key))
    (multiple-value-bind (bindings caller known) (%inline-caller predicate environment)
      (if (and good known)
          (let* ((variable (gensym "SEQUENCE")) (element (gensym "ELEMENT"))
                 (block (gensym "BLOCK")) (counter (gensym "COUNTER"))
                 (key (cdr (assoc :key variables)))
                 (test `(,@caller ,(if key `(%key ,key ,element) element))))
            `(let (,@bindings (,variable ,sequence) ,@key-bindings)
               (let (,@(if key `((,key (%key-function ,key))) nil) (,counter 0))
                 (declare (fixnum ,counter) (ignorable ,counter))
                 (block ,block
                   ,(multiple-value-bind (body result) (funcall step test element counter block)
                      (%inline-sequence-loop (list variable) (list element) body result))))))
          form))))

(defmacro %define-inline-search (name negation (test element counter block) body result)
  `(progn
     ,@(mapcar #'(lambda (name test-form)
                   `(define-compiler-macro ,name (&whole form predicate sequence &rest keywords
                                                         &environment environment)
                      (%inline-search form predicate sequence keywords environment
                                      #'(lambda (,test ,element ,counter ,block)
                                          (declare (ignorable ,element ,counter ,block))
                                          (let ((,test ,test-form))
                                            (values ,body ,result))))))
               (list name negation)
               (list test `(list 'not ,test)))))

(%define-inline-search find-if find-if-not (test element counter block)
  `(if ,test (return-from ,block ,element) nil)
  nil)
(%define-inline-search position-if position-if-not (test element counter block)
  `(if ,test (return-from ,block ,counter) (setq ,counter (%fix+ ,counter 1)))
  nil)
(%define-inline-search count-if count-if-not (test element counter block)
  `(if ,test (setq ,counter (%fix+ ,counter 1)) nil)
  counter)

;;; MEMBER, ASSOC, RASSOC, ADJOIN: workers without keywords for the plain case, a loop in line for a
;;; known test.

;;; The caller of a test: the test when it is in line, or NIL; second value whether it is EQL.
(defun %inline-test (keywords environment)
  (cond ((null keywords) (values nil t))
        ((and (consp (cdr keywords)) (null (cddr keywords)) (eq (car keywords) :test))
         (let ((form (cadr keywords)))
           (if (and (consp form) (consp (cdr form)) (%memq (car form) '(function quote))
                    (eq (cadr form) 'eql)
                    (not (%primitive locally-defined-p 'eql environment)))
               (values nil t)
               (multiple-value-bind (bindings caller known) (%inline-caller form environment)
                 (declare (ignore bindings))
                 (values (if known caller nil) nil)))))
        (t (values nil nil))))

(defun %inline-list-search (form item list keywords environment worker step)
  (multiple-value-bind (caller plain) (%inline-test keywords environment)
    (cond (plain `(,worker ,item ,list))
          (caller
           (let ((item-variable (gensym "ITEM")) (tail (gensym "TAIL")) (block (gensym "BLOCK")))
             `(let ((,item-variable ,item) (,tail ,list))
                (block ,block
                  ,(%inline-list-loop (list tail)
                                      (funcall step #'(lambda (part) `(,@caller ,item-variable ,part))
                                               tail block)
                                      nil)))))
          (t form))))

(define-compiler-macro member (&whole form item list &rest keywords &environment environment)
  (%inline-list-search form item list keywords environment '%member-eql
                       #'(lambda (test tail block)
                           `(if ,(funcall test `(%car ,tail)) (return-from ,block ,tail) nil))))

(defmacro %define-inline-association (name worker part)
  `(define-compiler-macro ,name (&whole form item list &rest keywords &environment environment)
     (%inline-list-search form item list keywords environment ',worker
                          #'(lambda (test tail block)
                              (let ((entry (gensym "ENTRY")))
                                `(let ((,entry (%car ,tail)))
                                   (if (and ,entry ,(funcall test (list ',part entry)))
                                       (return-from ,block ,entry)
                                       nil)))))))

(%define-inline-association assoc %assoc-eql car)
(%define-inline-association rassoc %rassoc-eql cdr)

;;; APPEND of two lists, as most are.
(define-compiler-macro append (&whole form &rest lists)
  (if (and (consp lists) (consp (cdr lists)) (null (cddr lists)))
      `(%append2 ,@lists)
      form))

(define-compiler-macro adjoin (&whole form item list &rest keywords &environment environment)
  (if (nth-value 1 (%inline-test keywords environment))
      `(%adjoin-eql ,item ,list)
      form))

(in-package "ROOK-KERNEL")
;;;; SETF and the read-modify-write macros, over GET-SETF-EXPANSION.

(defmacro setf (&rest pairs &environment environment)
  (cond ((null pairs) nil)
        ((null (cdr pairs)) (%form-error "SETF takes pairs of a place and a form: ~S is left over." (car pairs)))
        ((null (cdr (cdr pairs)))
         (%expand-setf (car pairs) (car (cdr pairs)) environment))
        (t `(progn
              ,@(%map1 #'(lambda (pair) `(setf ,@pair)) (%pairs 'setf pairs))))))

(defun %expand-setf (place value environment)
  (if (and (symbolp place) (eq (macroexpand-1 place environment) place))
      `(setq ,place ,value)
      (let ((update (and (consp place)
                         (symbolp (car place))
                         (not (%primitive locally-defined-p (car place) environment))
                         (%get-property (car place) '%setf-update))))
        (if update
            `(,update ,@(cdr place) ,value)
            (multiple-value-bind (variables forms stores writer)
                (get-setf-expansion place environment)
              (%with-bindings variables forms (%bind-stores stores value writer)))))))

;;; BODY with the store variables bound to the values of FORM.
(defun %bind-stores (stores form body)
  (if (and stores (null (cdr stores)))
      `(let ((,(car stores) ,form)) ,body)
      `(multiple-value-bind ,stores ,form ,body)))

(defmacro psetf (&rest pairs &environment environment)
  (if pairs
      `(progn ,(%expand-psetf (%pairs 'psetf pairs) nil environment) nil)
      nil))

(defun %expand-psetf (pairs writers environment)
  (if (null pairs)
      `(progn ,@(%reverse-list writers))
      (multiple-value-bind (variables forms stores writer)
          (get-setf-expansion (car (car pairs)) environment)
        (%with-bindings variables forms
                        (%bind-stores stores (car (cdr (car pairs)))
                                      (%expand-psetf (cdr pairs) (cons writer writers)
                                                     environment))))))

(defmacro shiftf (&rest places-and-value &environment environment)
  (let ((places nil) (value nil))
    (do ((rest places-and-value (cdr rest)))
        ((null (cdr rest)) (setq value (car rest)))
      (setq places (cons (car rest) places)))
    (%expand-shift (%nreverse-list places) value nil nil environment)))

;;; Binds the temporaries of all places left to right, each place's old values with them, then
;;; stores. READERS are reader forms so far (last first), STORES what writes them: (stores writer).
(defun %expand-shift (places value readers writers environment)
  (if places
      (multiple-value-bind (variables forms stores writer reader)
          (get-setf-expansion (car places) environment)
        (%with-bindings variables forms
                        (%expand-shift (cdr places) value (cons reader readers)
                                       (cons (list stores writer) writers) environment)))
      (let ((readers (%reverse-list readers))
            (writers (%reverse-list writers))
            (old (%map1 #'(lambda (store) (declare (ignore store)) (gensym "OLD"))
                        (car (car (%reverse-list writers))))))
        `(multiple-value-bind ,old ,(car readers)
           ,(%expand-shift-stores (%append2 (cdr readers) (list value)) writers
                                  `(values ,@old))))))

(defun %expand-shift-stores (sources writers result)
  (let ((inner `(progn ,@(%map1 #'(lambda (writer) (car (cdr writer))) writers) ,result)))
    (do ((sources (%reverse-list sources) (cdr sources))
         (writers (%reverse-list writers) (cdr writers)))
        ((null writers) inner)
      (setq inner (%bind-stores (car (car writers)) (car sources) inner)))))

(defmacro rotatef (&rest places &environment environment)
  (cond ((null places) nil)
        (t (%expand-rotate places nil nil environment))))

(defun %expand-rotate (places readers writers environment)
  (if places
      (multiple-value-bind (variables forms stores writer reader)
          (get-setf-expansion (car places) environment)
        (%with-bindings variables forms
                        (%expand-rotate (cdr places) (cons reader readers)
                                        (cons (list stores writer) writers) environment)))
      (let ((readers (%reverse-list readers)))
        (%expand-shift-stores (%append2 (cdr readers) (list (car readers)))
                              (%reverse-list writers)
                              nil))))

;;; Macros that read a place, compute and write it back.

(defun %expand-modify (place environment compute)
  (if (and (symbolp place) (eq (macroexpand-1 place environment) place))
      `(setq ,place ,(funcall compute place))
      (multiple-value-bind (variables forms store writer reader)
          (%single-setf-expansion place environment)
        (%with-bindings variables forms
                        `(let ((,store ,(funcall compute reader))) ,writer)))))

(defmacro incf (place &optional (delta 1) &environment environment)
  (%expand-step '+ place delta environment))

(defmacro decf (place &optional (delta 1) &environment environment)
  (%expand-step '- place delta environment))

(defun %expand-step (operator place delta environment)
  (cond ((and (symbolp place) (eq (macroexpand-1 place environment) place)
              (%constant-form-p delta))
         `(setq ,place (,operator ,place ,delta)))
        ((%constant-form-p delta)
         (%expand-modify place environment #'(lambda (reader) `(,operator ,reader ,delta))))
        (t
         (multiple-value-bind (variables forms store writer reader)
             (%single-setf-expansion place environment)
           (let ((amount (gensym "DELTA")))
             (%with-bindings variables forms
                             `(let* ((,amount ,delta)
                                     (,store (,operator ,reader ,amount)))
                                ,writer)))))))

(defmacro push (item place &environment environment)
  (if (and (symbolp place) (eq (macroexpand-1 place environment) place))
      `(setq ,place (cons ,item ,place))
      (let ((new (gensym "ITEM")))
        `(let ((,new ,item))
           ,(%expand-modify place environment #'(lambda (reader) `(cons ,new ,reader)))))))

(defmacro pushnew (item place &rest keys &environment environment)
  (let ((new (gensym "ITEM")))
    (multiple-value-bind (variables forms store writer reader)
        (%single-setf-expansion place environment)
      (multiple-value-bind (key-variables key-forms key-uses) (%argument-temporaries keys)
        `(let ((,new ,item))
           ,(%with-bindings variables forms
                            (%with-bindings key-variables key-forms
                                            `(let ((,store (adjoin ,new ,reader ,@key-uses)))
                                               ,writer))))))))

(defmacro pop (place &environment environment)
  (let ((list (gensym "LIST")))
    (if (and (symbolp place) (eq (macroexpand-1 place environment) place))
        `(let ((,list ,place))
           (setq ,place (cdr ,list))
           (car ,list))
        (multiple-value-bind (variables forms store writer reader)
            (%single-setf-expansion place environment)
          (%with-bindings variables forms
                          `(let* ((,list ,reader) (,store (cdr ,list)))
                             ,writer
                             (car ,list)))))))

(defmacro remf (place indicator &environment environment)
  (multiple-value-bind (variables forms store writer reader)
      (%single-setf-expansion place environment)
    (let ((key (gensym "INDICATOR")) (found (gensym "FOUND")))
      (%with-bindings variables forms
                      `(let ((,key ,indicator))
                         (multiple-value-bind (,store ,found) (%remove-from-plist ,reader ,key)
                           ,writer
                           ,found))))))

(defun %remove-from-plist (plist indicator)
  (let ((before nil))
    (do ((rest plist (cdr (cdr rest))))
        ((null rest) (values plist nil))
      (if (not (and (consp rest) (consp (cdr rest)))) (%type-error plist 'list) nil)
      (if (eq (car rest) indicator)
          (return (if before
                      (progn (rplacd before (cdr (cdr rest))) (values plist t))
                      (values (cdr (cdr rest)) t)))
          nil)
      (setq before (cdr rest)))))

(defmacro define-modify-macro (name lambda-list function &optional documentation)
  (let ((arguments nil) (rest-variable nil) (optional nil))
    (do ((rest lambda-list (cdr rest)))
        ((null rest))
      (let ((item (car rest)))
        (cond ((eq item '&optional) (setq optional t))
              ((eq item '&rest) (setq rest-variable (car (cdr rest))) (setq rest (cdr rest)))
              ((consp item) (setq arguments (cons (car item) arguments)))
              (t (setq arguments (cons item arguments))))))
    (setq arguments (%nreverse-list arguments))
    (let ((place (gensym "PLACE")) (environment (gensym "ENVIRONMENT")))
      `(defmacro ,name (,place ,@lambda-list &environment ,environment)
         ,@(if documentation (list documentation) nil)
         (%expand-modify-call ',function ,place (list* ,@arguments ,rest-variable) ,environment)))))

(defun %expand-modify-call (function place arguments environment)
  (multiple-value-bind (variables forms store writer reader)
      (%single-setf-expansion place environment)
    (multiple-value-bind (argument-variables argument-forms uses) (%argument-temporaries arguments)
      (%with-bindings variables forms
                      (%with-bindings argument-variables argument-forms
                                      `(let ((,store (,function ,reader ,@uses))) ,writer))))))

(in-package "ROOK-KERNEL")
;;;; DEFSTRUCT: parsing of options and slots, and the definitions it expands to.

;;; Options.

(defun %symbol-concatenation (&rest parts)
  (intern (%apply #'concatenate (cons 'string (mapcar #'string parts)))))

;;; Normalised options: a property list; CONSTRUCTORS, PREDICATE and COPIER hold names.
(defun %parse-structure-options (name options)
  (let ((conc-name (%symbol-concatenation name "-"))
        (constructors nil) (default-constructor t)
        (predicate (%symbol-concatenation name "-P")) (predicate-given nil)
        (copier (%symbol-concatenation "COPY-" name))
        (include nil) (include-slots nil) (type nil) (named nil) (offset 0) (printer nil))
    (dolist (option options)
      (let* ((key (if (consp option) (car option) option))
             (arguments (if (consp option) (cdr option) nil))
             (argument (car arguments)))
        (case key
          (:conc-name
           (setq conc-name (if argument (string argument) nil)))
          (:constructor
           (cond ((null arguments)
                  (setq constructors (cons (list (%symbol-concatenation "MAKE-" name)) constructors)))
                 ((null argument) nil)
                 (t (setq constructors (cons arguments constructors))))
           (setq default-constructor nil))
          (:copier (if arguments (setq copier argument) nil))
          (:predicate
           (setq predicate-given t)
           (if arguments (setq predicate argument) nil))
          (:include
           (setq include argument)
           (setq include-slots (cdr arguments)))
          ((:print-function :print-object)
           (setq printer (if arguments (list key argument) (list key))))
          (:type (setq type argument))
          (:named (setq named t))
          (:initial-offset (setq offset argument))
          (t (error "~S is not an option of DEFSTRUCT." option)))))
    (if default-constructor
        (setq constructors (list (list (%symbol-concatenation "MAKE-" name))))
        nil)
    (if (and type (not named))
        (progn
          (if (and predicate-given predicate)
              (error "The unnamed structure ~S cannot have a predicate." name)
              nil)
          (setq predicate nil))
        nil)
    (list :conc-name conc-name :constructors (reverse constructors) :predicate predicate
          :copier copier :include include :include-slots include-slots
          :type (%structure-representation type)
          :named named :offset offset :printer printer)))

(defun %structure-representation (type)
  (cond ((null type) nil)
        ((eq type 'list) 'list)
        ((eq type 'vector) '(vector t))
        ((and (consp type) (eq (car type) 'vector)) (list 'vector (if (cdr type) (cadr type) t)))
        (t (error "~S is not a representation of structures." type))))

;;; Slots.

(defun %slot-specifier (description)
  (let ((list (if (consp description) description (list description))))
    (if (and (symbolp (car list))
             (listp (cdr list))
             (do ((rest (cddr list) (cddr rest)))
                 ((null rest) t)
               (if (and (consp rest) (consp (cdr rest)) (member (car rest) '(:type :read-only)))
                   nil
                   (return nil))))
        list
        (%form-error "~S is not a slot of a structure: (name initial-value :type type :read-only boolean)."
                     description))))

(defun %parse-slot (description index conc-name)
  (let* ((list (%slot-specifier description))
         (name (car list))
         (type (getf (cddr list) :type t))
         (read-only (getf (cddr list) :read-only nil)))
    (vector name (cadr list) (if (cdr list) t nil) type read-only index
            (if conc-name (%symbol-concatenation conc-name name) (%symbol-concatenation name))
            nil)))

;;; The inherited slots, with what :INCLUDE overrides.
(defun %included-slots (parent overrides conc-name)
  (let ((overrides (mapcar #'(lambda (override) (%parse-slot override 0 conc-name)) overrides)))
    (dolist (override overrides)
      (if (find (symbol-name (%structure-slot-name override)) (%structure-slots parent)
                :key #'(lambda (slot) (symbol-name (%structure-slot-name slot))) :test #'string=)
          nil
          (error "~S has no slot named ~S." (%structure-name parent)
                 (%structure-slot-name override))))
    (mapcar #'(lambda (slot)
                (let ((override (find (symbol-name (%structure-slot-name slot)) overrides
                                      :key #'(lambda (other)
                                               (symbol-name (%structure-slot-name other)))
                                      :test #'string=)))
                  (vector (%structure-slot-name slot)
                          (if override (svref override 1) (svref slot 1))
                          (if override (svref override 2) (svref slot 2))
                          (if (and override (not (eq (svref override 3) t)))
                              (svref override 3)
                              (svref slot 3))
                          (or (and override (svref override 4)) (svref slot 4))
                          (svref slot 5)
                          (if conc-name
                              (%symbol-concatenation conc-name (%structure-slot-name slot))
                              (%symbol-concatenation (%structure-slot-name slot)))
                          (%structure-slot-raw slot))))
            (%structure-slots parent))))

(defun %describe-structure (name options slot-descriptions)
  (let* ((type (getf options :type))
         (conc-name (getf options :conc-name))
         (include (getf options :include))
         (parent (if include (%structure-or-error include) nil))
         (slots (if parent (%included-slots parent (getf options :include-slots) conc-name) nil))
         (names (if parent (%structure-names parent) nil))
         (index (+ (if parent (%structure-size parent) 0) (getf options :offset)))
         (own-slots nil))
    (if (and parent (not (equal (%structure-type parent) type)))
        (error "~S and ~S are represented differently." name include)
        nil)
    (if (and type (getf options :named))
        (progn
          (setq names (append names (list (cons index name))))
          (setq index (1+ index)))
        nil)
    (dolist (description slot-descriptions)
      (let ((slot (%parse-slot description index conc-name)))
        (setf (%structure-slot-raw slot)
              (and (null type) (%raw-slot-p (%structure-slot-type slot) index)))
        (if (find (symbol-name (svref slot 0)) (append slots own-slots)
                  :key #'(lambda (other) (symbol-name (svref other 0))) :test #'string=)
            (%form-error "The structure ~S has two slots named ~A." name (symbol-name (svref slot 0)))
            nil)
        (setq own-slots (cons slot own-slots)))
      (setq index (1+ index)))
    (vector name type include (append slots (reverse own-slots)) index names
            (if type 0 (if parent (1+ (%structure-depth parent)) 2))
            conc-name)))

;;; Constructors.

(defun %keyword (name)
  (intern (symbol-name name) *keyword-package*))

;;; The type check of a slot's value, when it has a type.
(defun %checked-slot-form (slot value)
  (if (eq (%structure-slot-type slot) t)
      value
      `(the ,(%structure-slot-type slot) ,value)))

(defun %allocation-form (description)
  (let ((raw (%structure-raw-slots description)))
    (if (eql raw 0)
        `(%primitive allocate-instance ,(%layout-form description) ,(%structure-size description))
        `(%primitive allocate-mixed-instance ,(%layout-form description)
                     ,(%structure-size description) ,raw))))

(defun %slot-setting-form (object slot value)
  (if (%structure-slot-raw slot)
      `(%set-instance-double ,object ,(1+ (%structure-slot-index slot)) ,value)
      `(%set-instance-ref ,object ,(1+ (%structure-slot-index slot)) ,value)))

(defun %slot-reading-form (object slot)
  (let ((index (1+ (%structure-slot-index slot))) (type (%structure-slot-type slot)))
    (cond ((not (%structure-slot-raw slot))
           (if (eq type t) `(%instance-ref ,object ,index) `(the ,type (%instance-ref ,object ,index))))
          ((eq type 'double-float) `(%instance-double ,object ,index))
          (t `(the ,type (%instance-double ,object ,index))))))

;;; Builds an instance from variables, one for each slot.
(defun %construction-form (description variables)
  (let ((type (%structure-type description)) (slots (%structure-slots description)))
    (cond
      ((null type)
       (let ((object (gensym "OBJECT")))
         `(let ((,object ,(%allocation-form description)))
            ,@(mapcar #'(lambda (slot variable)
                          (%slot-setting-form object slot variable))
                      slots variables)
            ,object)))
      (t
       (let ((forms (make-list (%structure-size description) :initial-element nil)))
         (dolist (entry (%structure-names description))
           (setf (nth (car entry) forms) `',(cdr entry)))
         (mapc #'(lambda (slot variable)
                   (setf (nth (%structure-slot-index slot) forms) variable))
               slots variables)
         (if (eq type 'list)
             `(list ,@forms)
             `(%typed-structure-vector ',(cadr type) (list ,@forms))))))))

;;; Positions without a slot hold NIL in the argument list and the default in specialised vectors.
(defun %typed-structure-vector (element-type items)
  (if (eq element-type t)
      (%primitive list-to-simple-vector items)
      (let ((vector (make-array (%list-length items) :element-type element-type)) (i 0))
        (declare (fixnum i))
        (dolist (item items vector)
          (if (or item (typep nil element-type)) (%set-aref1 vector i item) nil)
          (setq i (1+ i))))))

(defun %keyword-constructor (name description)
  (let ((slots (%structure-slots description)) (variables nil) (parameters nil) (values nil))
    (dolist (slot slots)
      (let ((variable (%structure-slot-variable slot)))
        (setq variables (cons variable variables))
        (setq parameters
              (cons `((,(%keyword (%structure-slot-name slot)) ,variable)
                      ,(%structure-slot-initform slot))
                    parameters))
        (setq values (cons (%checked-slot-form slot variable) values))))
    `(defun ,name (&key ,@(reverse parameters))
       ,(%construction-form description (reverse values)))))

;;; Initial forms of keyword constructors must not see the other slots' variables by their names.
(defun %structure-slot-variable (slot)
  (make-symbol (symbol-name (%structure-slot-name slot))))

;;; By-order-of-arguments constructors: variables are the slots' own names, so that the lambda
;;; list's initial forms can refer to them.
(defun %boa-constructor (name lambda-list description)
  (let ((slots (%structure-slots description)) (bound nil) (parameters nil) (state 'required))
    (labels ((slot-named (variable)
               (find (symbol-name variable) slots
                     :key #'(lambda (slot) (symbol-name (%structure-slot-name slot)))
                     :test #'string=))
             (initform (variable)
               (let ((slot (slot-named variable)))
                 (if (and slot (%structure-slot-initform-p slot))
                     (list (%structure-slot-initform slot))
                     nil)))
             (note (variable) (setq bound (cons variable bound)) variable))
      (dolist (item lambda-list)
        (cond
          ((member item '(&optional &rest &key &allow-other-keys &aux))
           (setq state item)
           (setq parameters (cons item parameters)))
          ((member state '(required &rest))
           (setq parameters (cons (note item) parameters)))
          ((eq state '&aux)
           (let ((variable (if (consp item) (car item) item)))
             (if (and (consp item) (cdr item))
                 (progn (note variable) (setq parameters (cons item parameters)))
                 (if (slot-named variable)
                     ;; Without a form the slot stays uninitialised.
                     (progn (note variable) (setq parameters (cons (list variable nil) parameters)))
                     (setq parameters (cons item parameters))))))
          ((consp item)
           (let ((variable (if (consp (car item)) (cadar item) (car item))))
             (note variable)
             (if (and (consp (cdr item)) (consp (cddr item))) (note (caddr item)) nil)
             (setq parameters
                   (cons (if (cdr item) item (list* (car item) (initform variable)))
                         parameters))))
          (t (note item)
             (setq parameters (cons (list* item (initform item)) parameters)))))
      `(defun ,name ,(reverse parameters)
         (declare (ignorable ,@bound))
         ,(%construction-form
           description
           (mapcar #'(lambda (slot)
                       (let ((variable (find (symbol-name (%structure-slot-name slot)) bound
                                             :key #'symbol-name :test #'string=)))
                         (%checked-slot-form slot (or variable (%structure-slot-initform slot)))))
                   slots))))))

;;; Accessors.

(defun %accessor-forms (description)
  (let ((forms nil) (parent (%find-structure (%structure-include description))))
    (dolist (slot (%structure-slots description))
      (if (%inherited-accessor-p slot parent)
          nil
          (setq forms (append (reverse (%slot-accessor-forms slot description)) forms))))
    (reverse forms)))

;;; An accessor that the included structure's definition has made already is not made again.
(defun %inherited-accessor-p (slot parent)
  (and parent
       (find (%structure-slot-accessor slot) (%structure-slots parent)
             :key #'(lambda (other) (%structure-slot-accessor other)))
       t))

(defun %slot-accessor-forms (slot description)
  (let* ((accessor (%structure-slot-accessor slot))
         (name (%structure-name description))
         (type (%structure-type description))
         (index (%structure-slot-index slot))
         (value (%checked-slot-form slot 'new)))
    (cond
      ((null type)
       (let ((object `(%check-structure object ,(%layout-form description)
                                        ,(%structure-depth description) ',name)))
         `((declaim (inline ,accessor))
           (defun ,accessor (object) ,(%slot-reading-form object slot))
           ,@(if (%structure-slot-read-only slot)
                 nil
                 `((declaim (inline (setf ,accessor)))
                   (defun (setf ,accessor) (new object)
                     ,(%slot-setting-form object slot value)
                     new))))))
      ((eq type 'list)
       `((defun ,accessor (object) (nth ,index object))
         ,@(if (%structure-slot-read-only slot)
               nil
               `((defun (setf ,accessor) (new object) (%set-nth ,index object ,value))))))
      (t
       `((defun ,accessor (object) (aref object ,index))
         ,@(if (%structure-slot-read-only slot)
               nil
               `((defun (setf ,accessor) (new object)
                   (%set-aref1 object ,index ,value)
                   new))))))))

(defun %printer-form (name printer)
  (let ((function (cadr printer)))
    (cond
      ((null printer) nil)
      ((null (cdr printer)) `(%set-structure-printer ',name #'%print-structure-by-default))
      ((eq (car printer) :print-object)
       `(%set-structure-printer ',name #'(lambda (object stream) (,@(%call-head function) object stream))))
      (t
       `(%set-structure-printer
         ',name
         #'(lambda (object stream) (,@(%call-head function) object stream *current-print-depth*)))))))

(defun %call-head (function)
  (if (symbolp function) (list function) (list 'funcall (list 'function function))))

;;; The depth that :PRINT-FUNCTION functions are given.
(defvar *current-print-depth* 0)

(defun %set-structure-printer (name function)
  (%set-layout-print-function (%find-layout name) function))

(defun %print-structure-by-default (object stream)
  (%output-structure object (%layout-of object) stream))

(defmacro defstruct (name-and-options &rest slot-descriptions)
  (let* ((name (if (consp name-and-options) (car name-and-options) name-and-options))
         (options (%parse-structure-options
                   name (if (consp name-and-options) (cdr name-and-options) nil)))
         (documentation (if (stringp (car slot-descriptions)) (car slot-descriptions) nil))
         (slot-descriptions (if documentation (cdr slot-descriptions) slot-descriptions))
         (description (%describe-structure name options slot-descriptions))
         (quoted (%description-form description)))
    (if (symbolp name) nil (%form-error "~S is not the name of a structure." name))
    `(progn
       (eval-when (:compile-toplevel)
         (%register-structure ,quoted))
       ,(if (%structure-type description)
            `(%register-structure ,quoted)
            `(%install-structure ,quoted))
       ,@(if documentation
             `((%put-property ',name '%structure-documentation ,documentation))
             nil)
       ,@(if (getf options :predicate)
             (%predicate-forms (getf options :predicate) name description)
             nil)
       ,@(%accessor-forms-of description)
       ,@(if (getf options :copier)
             `(,(%copier-form (getf options :copier) name description))
             nil)
       ,@(mapcar #'(lambda (constructor)
                     (if (cdr constructor)
                         (%boa-constructor (car constructor) (cadr constructor) description)
                         (%keyword-constructor (car constructor) description)))
                 (getf options :constructors))
       ,@(if (getf options :printer)
             (list (%printer-form name (getf options :printer)))
             nil)
       ',name)))

;;; Accessor definitions need the description in force: it is registered while they are made.
(defun %accessor-forms-of (description)
  (let* ((name (%structure-name description)) (old (%find-structure name)))
    (%register-structure description)
    (let ((forms (%accessor-forms description)))
      (if old (%register-structure old) (%remove-property name '%structure))
      forms)))

(defun %predicate-forms (predicate name description)
  (if (%structure-type description)
      `((defun ,predicate (object) (%typed-structure-p object ',name)))
      `((declaim (inline ,predicate))
        (defun ,predicate (object)
          (%instance-at-depth-p object ,(%layout-form description)
                                ,(%structure-depth description))))))

(defun %copier-form (copier name description)
  (if (%structure-type description)
      `(defun ,copier (structure) (copy-seq structure))
      `(defun ,copier (structure)
         (if (%instance-at-depth-p structure ,(%layout-form description)
                                   ,(%structure-depth description))
             (%primitive copy-object structure)
             (%type-error structure ',name)))))

;;; A form that makes the description: initial forms are kept, as constants.
(defun %description-form (description)
  `(vector ',(svref description 0) ',(svref description 1) ',(svref description 2)
           (list ,@(mapcar #'(lambda (slot)
                               `(vector ,@(mapcar #'(lambda (item) `',item) (coerce slot 'list))))
                           (%structure-slots description)))
           ',(svref description 4) ',(svref description 5) ',(svref description 6)
           ',(svref description 7)))

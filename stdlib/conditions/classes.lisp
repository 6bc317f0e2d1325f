(in-package "ROOK-KERNEL")

;;;; Condition classes: layouts of kind :CONDITION, their slots, MAKE-CONDITION, DEFINE-CONDITION.
;;;; An instance keeps its slots in the order of the layout's slot descriptions; slots shared by the
;;;; class live in the description itself.

;;; A slot description is a simple vector: name, initargs, function that yields the initial value or
;;; NIL, cell of a shared slot or NIL, readers, writers.

(defmacro %condition-slot-name (slot) `(svref ,slot 0))
(defmacro %condition-slot-initargs (slot) `(svref ,slot 1))
(defmacro %condition-slot-initfunction (slot) `(svref ,slot 2))
(defmacro %condition-slot-cell (slot) `(svref ,slot 3))
(defmacro %condition-slot-readers (slot) `(svref ,slot 4))
(defmacro %condition-slot-writers (slot) `(svref ,slot 5))

(defun %list-union (list others)
  ;; Elements of LIST, then those of OTHERS that are not in it.
  (append list
          (let ((new '()))
            (dolist (item others (nreverse new))
              (unless (member item list :test #'equal) (push item new))))))

(defun %merge-condition-slots (specific general)
  ;; One effective description of two of the same name.
  (vector (%condition-slot-name specific)
          (%list-union (%condition-slot-initargs specific) (%condition-slot-initargs general))
          (or (%condition-slot-initfunction specific) (%condition-slot-initfunction general))
          (%condition-slot-cell specific)
          (%list-union (%condition-slot-readers specific) (%condition-slot-readers general))
          (%list-union (%condition-slot-writers specific) (%condition-slot-writers general))))

(defun %effective-condition-slots (precedence)
  ;; Descriptions of all slots, those of the most general classes first.
  (let ((slots '()))
    (dolist (layout (reverse precedence) (coerce (nreverse slots) 'simple-vector))
      (dolist (slot (getf (%layout-plist layout) 'direct-slots))
        (let ((tail (member (%condition-slot-name slot) slots
                            :key (lambda (other) (%condition-slot-name other)))))
          (if tail
              (rplaca tail (%merge-condition-slots slot (car tail)))
              (push slot slots)))))))

(declaim (inline %find-condition-layout))
(defun %find-condition-layout (name)
  (let ((layout (%find-layout name)))
    (if (and layout (eq (%layout-kind layout) :condition))
        layout
        nil)))

(defun %condition-superclass (name)
  (or (%find-condition-layout name)
      (error "~S does not name a condition type." name)))

(defun %define-condition-class (name superclass-names direct-slots default-initargs report documentation)
  ;; DIRECT-SLOTS are slot descriptions, DEFAULT-INITARGS a list of (initarg function).
  (let* ((superclasses (if (eq name 'condition)
                           (list (%find-layout 't))
                           (mapcar #'%condition-superclass (or superclass-names '(condition)))))
         (layout (or (%find-condition-layout name)
                     (%make-layout name superclasses :condition 0 (vector)))))
    (setq *condition-definitions* (1+ *condition-definitions*))
    (%set-layout-plist layout (list 'known-default-initargs '(nil)
                                    'direct-slots direct-slots
                                    'default-initargs default-initargs
                                    'report report
                                    'documentation documentation))
    (%fill-layout layout name superclasses :condition 0 (vector))
    (let ((slots (%effective-condition-slots (%layout-precedence-list layout))))
      (%fill-layout layout name superclasses :condition (length slots) slots))
    (%set-layout-print-function layout (%inherited-report layout))
    (%install-layout name layout)
    name))

(defun %inherited-report (layout)
  (dolist (ancestor (%layout-precedence-list layout) nil)
    (let ((report (getf (%layout-plist ancestor) 'report)))
      (when report (return report)))))

;;; Instances.

(declaim (inline %conditionp))
(defun %conditionp (object)
  (let ((layout (%layout-of object)))
    (and layout (%layoutp layout) (eq (%layout-kind layout) :condition))))

;;; The value of the first of ARGUMENTS, a list of even length, that is one of INITARGS, or the unbound
;;; marker.
(defun %initarg-value (initargs arguments)
  (if (null initargs)
      (%unbound-mark)
      (do ((rest arguments (%cdr (%cdr rest))))
          ((null rest) (%unbound-mark))
        (if (or (eq (%car rest) (%car initargs))
                (and (%cdr initargs) (%memq (%car rest) (%cdr initargs))))
            (return (%car (%cdr rest)))
            nil))))

;;; How often condition classes were defined: what is remembered about one holds until the next time.
(defvar *condition-definitions* 0)

(defun %find-default-condition-initargs (layout)
  ;; All default initargs of the class, as a list of (initarg function), the most specific of each.
  (let ((defaults '()))
    (dolist (ancestor (%layout-precedence-list layout) (nreverse defaults))
      (dolist (default (getf (%layout-plist ancestor) 'default-initargs))
        (unless (assoc (first default) defaults)
          (push default defaults))))))

(declaim (inline %class-default-initargs %default-condition-initargs))
(defun %class-default-initargs (layout)
  ;; The same, remembered at the front of the property list of LAYOUT.
  (let ((known (%car (%cdr (%layout-plist layout)))))
    (if (eq (%car known) *condition-definitions*)
        (%cdr known)
        (let ((defaults (%find-default-condition-initargs layout)))
          (rplaca (%cdr (%layout-plist layout)) (cons *condition-definitions* defaults))
          defaults))))

;;; ARGUMENTS followed by the default initargs that they leave out.
(defun %default-condition-initargs (layout arguments)
  (let ((all (%class-default-initargs layout)))
    (if (null all) arguments (%add-default-initargs all arguments))))

(defun %add-default-initargs (all arguments)
  (let ((defaults '()))
    (dolist (default all)
      (let ((initarg (first default)))
        (when (%unbound-mark-p (%initarg-value (list initarg) arguments))
          (setq defaults (list* initarg (funcall (second default)) defaults)))))
    (if defaults
        (append arguments defaults)
        arguments)))

(defun %initialize-condition-slot (condition index slot arguments)
  (let ((value (%initarg-value (%condition-slot-initargs slot) arguments)))
    (when (and (%unbound-mark-p value) (%condition-slot-initfunction slot)
               (not (%condition-slot-cell slot)))
      (setq value (funcall (%condition-slot-initfunction slot))))
    (unless (%unbound-mark-p value)
      (if (%condition-slot-cell slot)
          (rplaca (%condition-slot-cell slot) value)
          (%set-instance-ref condition index value)))))

;;; ARGUMENTS is a list of even length.
(defun %make-condition (layout arguments)
  (let* ((slots (%layout-slots layout))
         (n (%vector-size slots))
         (condition (%allocate-instance layout n))
         (arguments (%default-condition-initargs layout arguments)))
    (declare (fixnum n))
    (do ((i 0 (%fix+ i 1)))
        ((%fix= i n) condition)
      (declare (fixnum i))
      (%initialize-condition-slot condition (%fix+ i 1) (svref slots i) arguments))))

(defun %make-condition-of-type (type arguments)
  (let ((layout (if (%layoutp type) type (%find-condition-layout type))))
    (unless layout
      (error 'simple-type-error
             :datum type :expected-type 'symbol
             :format-control "~S does not name a condition type."
             :format-arguments (list type)))
    (unless (or (null arguments) (evenp (%list-length arguments)))
      (error 'simple-program-error
             :format-control "Odd number of initialization arguments: ~S."
             :format-arguments (list arguments)))
    (%make-condition layout arguments)))

(defun make-condition (type &rest slot-initializations)
  (%make-condition-of-type type slot-initializations))

;;; Access to slots.

(defun %condition-slot-index (condition accessor type selector)
  ;; Index of the slot that ACCESSOR, which TYPE defined, reads or writes in CONDITION's class.
  (let ((slots (if (%conditionp condition) (%layout-slots (%layout-of condition)) (vector))))
    (do ((i 0 (1+ i)))
        ((= i (length slots))
         (error 'type-error :datum condition :expected-type type))
      (when (member accessor (funcall selector (svref slots i)) :test #'equal)
        (return i)))))

;;; What a reader has found: a cell that holds NIL or a slot vector and the index of the slot in
;;; instances whose layout has that vector. A redefined class has a new vector.

(defmacro %define-condition-reader (name type)
  `(defun ,name (condition)
     (let* ((cell (load-time-value (list nil)))
            (found (%car cell))
            (layout (%layout-of condition)))
       (if (and found layout (eq (%instance-ref layout 5) (%car found)))
           (let ((value (%instance-ref condition (%cdr found))))
             (if (%unbound-mark-p value)
                 (%read-condition-slot condition ',name ',type cell)
                 value))
           (%read-condition-slot condition ',name ',type cell)))))

(defun %read-condition-slot (condition reader type cell)
  ;; What READER, which TYPE defined, gives for CONDITION.
  (let* ((index (%condition-slot-index condition reader type
                                       (lambda (slot) (%condition-slot-readers slot))))
         (slots (%layout-slots (%layout-of condition)))
         (slot (svref slots index))
         (shared (%condition-slot-cell slot))
         (value (if shared (car shared) (%instance-ref condition (1+ index)))))
    (if shared nil (rplaca cell (cons slots (1+ index))))
    (if (%unbound-mark-p value)
        (error 'unbound-slot :name (%condition-slot-name slot) :instance condition)
        value)))

(defun %write-condition-slot (value condition writer type)
  (let* ((index (%condition-slot-index condition writer type
                                       (lambda (slot) (%condition-slot-writers slot))))
         (slot (svref (%layout-slots (%layout-of condition)) index)))
    (if (%condition-slot-cell slot)
        (rplaca (%condition-slot-cell slot) value)
        (%set-instance-ref condition (1+ index) value))
    value))

(defun %condition-slot-value (condition name)
  ;; The value of the slot called NAME, or NIL when it is unbound.
  (let ((slots (%layout-slots (%layout-of condition))))
    (do ((i 0 (1+ i)))
        ((= i (length slots)) nil)
      (when (eq name (%condition-slot-name (svref slots i)))
        (let* ((cell (%condition-slot-cell (svref slots i)))
               (value (if cell (car cell) (%instance-ref condition (1+ i)))))
          (return (if (%unbound-mark-p value) nil value)))))))

;;; DEFINE-CONDITION.

(defun %slot-options (slot)
  (if (consp slot) (rest slot) '()))

(defun %collect-options (options key)
  ;; The values of all occurrences of KEY in a property list.
  (let ((values '()))
    (do ((rest options (cddr rest)))
        ((null rest) (nreverse values))
      (when (eq (first rest) key) (push (second rest) values)))))

(defun %condition-slot-form (slot)
  ;; A form that makes the description of one slot specifier.
  (let* ((name (if (consp slot) (first slot) slot))
         (options (%slot-options slot))
         (accessors (%collect-options options :accessor))
         (initform-tail (member :initform options)))
    (when (or (null name) (not (symbolp name)))
      (error 'simple-program-error
             :format-control "~S is not a slot name." :format-arguments (list name)))
    `(vector ',name
             ',(%collect-options options :initarg)
             ,(if initform-tail `(lambda () ,(second initform-tail)) nil)
             ,(if (eq (getf options :allocation) :class)
                  `(list ,(if initform-tail (second initform-tail) '(%unbound-mark)))
                  nil)
             ',(append (%collect-options options :reader) accessors)
             ',(append (%collect-options options :writer)
                       (mapcar (lambda (accessor) (list 'setf accessor)) accessors)))))

(defun %condition-accessor-forms (type slot)
  (let* ((options (%slot-options slot))
         (accessors (%collect-options options :accessor))
         (forms '()))
    (dolist (reader (append (%collect-options options :reader) accessors))
      (push `(%define-condition-reader ,reader ,type) forms))
    (dolist (writer (append (%collect-options options :writer)
                            (mapcar (lambda (accessor) (list 'setf accessor)) accessors)))
      (push `(defun ,writer (value condition)
               (%write-condition-slot value condition ',writer ',type))
            forms))
    (nreverse forms)))

(defun %condition-report-form (report)
  (cond ((null report) nil)
        ((stringp (second report))
         `(lambda (condition stream)
            (declare (ignore condition))
            (write-string ,(second report) stream)))
        ;; A function by name is looked up when it is called: it may be defined later.
        ((symbolp (second report))
         `(lambda (condition stream) (,(second report) condition stream)))
        (t `(function ,(second report)))))

(defun %default-initarg-forms (option)
  (let ((forms '()))
    (do ((rest (cdr option) (cddr rest)))
        ((null rest) (nreverse forms))
      (push `(list ',(first rest) (lambda () ,(second rest))) forms))))

(defmacro define-condition (name supertypes slots &rest options)
  (dolist (option options)
    (unless (and (consp option)
                 (member (first option) '(:report :default-initargs :documentation)))
      (error 'simple-program-error
             :format-control "~S is not an option of DEFINE-CONDITION."
             :format-arguments (list option))))
  `(progn
     (%define-condition-class
      ',name
      ',supertypes
      (list ,@(mapcar #'%condition-slot-form slots))
      (list ,@(%default-initarg-forms (assoc :default-initargs options)))
      ,(%condition-report-form (assoc :report options))
      ',(second (assoc :documentation options)))
     ,@(mapcan (lambda (slot) (%condition-accessor-forms name slot)) slots)
     ',name))

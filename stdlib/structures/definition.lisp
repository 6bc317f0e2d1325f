(in-package "ROOK-KERNEL")
;;;; Structure descriptions: what DEFSTRUCT knows of a structure type, at compile time and later.
;;;; A description is a simple vector, the property %STRUCTURE of the type's name.

(defmacro %define-vector-fields (&rest fields)
  (let ((i -1))
    `(progn
       ,@(%map1 #'(lambda (field)
                    (setq i (1+ i))
                    `(defmacro ,field (object) (list 'svref object ,i)))
                fields))))

;;; TYPE is NIL, LIST or (VECTOR element-type); SLOTS are all of them, inherited ones first; SIZE
;;; counts everything in an instance but the layout, initial offsets and names included; NAMES are
;;; pairs (index . name) of the names stored in typed structures; DEPTH is the layout's position
;;; among its ancestors.
(%define-vector-fields
 %structure-name %structure-type %structure-include %structure-slots %structure-size
 %structure-names %structure-depth %structure-conc-name)

;;; A slot: name, initial form, whether it has one, type, whether it is read-only, its index, the name
;;; of its accessor, and whether it is a raw double-float. Slots of layouts are the same vectors.
(%define-vector-fields
 %structure-slot-name %structure-slot-initform %structure-slot-initform-p %structure-slot-type
 %structure-slot-read-only %structure-slot-index %structure-slot-accessor %structure-slot-raw)

;;; Which words of an instance are raw, as the collector wants to know it: a bit for each, the layout's
;;; being bit 0.
(defun %structure-raw-slots (description)
  (if (%structure-type description) 0 (%raw-slots-of (%structure-slots description))))

(defun %raw-slots-of (slots)
  (let ((bits 0))
    (dolist (slot slots bits)
      (if (%structure-slot-raw slot)
          (setq bits (logior bits (ash 1 (1+ (%structure-slot-index slot)))))
          nil))))

;;; Whether slots of TYPE, at INDEX, are raw. The header has room for 32 bits.
(defun %raw-slot-p (type index)
  (and (< index 31) (%double-float-type-p type)))

(defun %double-float-type-p (type)
  (let ((head (if (consp type) (car type) type)))
    (if (or (eq head 'double-float) (eq head 'long-float))
        t
        (if (and head (symbolp head))
            (multiple-value-bind (expansion expanded) (%expand-type-once type)
              (if expanded (%double-float-type-p expansion) nil))
            nil))))

(defun %find-structure (name)
  (if (symbolp name) (%get-property name '%structure) nil))

(defun %structure-or-error (name)
  (or (%find-structure name)
      (error "There is no structure type named ~S." name)))

;;; Records a description; at compile time as well.
(defun %register-structure (description)
  (%put-property (%structure-name description) '%structure description)
  description)

;;; The layout of a structure type for code that relies on its SIZE and these RAW slots. Code that is
;;; loaded before the definition is executed gets one that waits to be filled in; code that was compiled
;;; for another definition, one that nothing is an instance of.
(defun %structure-layout (name size raw)
  (let ((layout (%find-layout name)) (awaited (%get-property name '%awaited-layout)))
    (cond (layout
           (if (and (eq (%layout-kind layout) :structure)
                    (eql (%layout-instance-size layout) size)
                    (eql (%layout-raw-slots layout) raw))
               layout
               (%unfilled-layout name)))
          ((and awaited (eql (car awaited) size) (eql (cadr awaited) raw)) (cddr awaited))
          (awaited (%unfilled-layout name))
          (t (let ((layout (%unfilled-layout name)))
               (%put-property name '%awaited-layout (cons size (cons raw layout)))
               layout)))))

;;; A form that gives code the layout that DESCRIPTION is of.
(defun %layout-form (description)
  `(load-time-value (%structure-layout ',(%structure-name description)
                                       ,(%structure-size description)
                                       ,(%structure-raw-slots description))))

(defun %layout-raw-slots (layout)
  (let ((slots (%layout-slots layout)) (list nil))
    (dotimes (i (%vector-size slots) (%raw-slots-of list))
      (setq list (cons (svref slots i) list)))))

(defun %unfilled-layout (name)
  (let ((layout (%allocate-instance *layout-of-layouts* 10)))
    (%set-instance-ref layout 1 name)
    (%set-layout-plist layout nil)
    (%set-layout-print-function layout nil)
    layout))

;;; Gives an untyped structure its layout, at load time. An equal redefinition keeps the layout.
(defun %install-structure (description)
  (let* ((name (%structure-name description))
         (parent (%find-layout (or (%structure-include description) 'structure-object)))
         (old (%find-layout name))
         (slots (%primitive list-to-simple-vector (%structure-slots description)))
         (size (%structure-size description))
         (raw (%structure-raw-slots description))
         (layout (cond ((and old
                             (eq (%layout-kind old) :structure)
                             (eql (%layout-instance-size old) size)
                             (eql (%layout-raw-slots old) raw)
                             (equal (%layout-direct-superclasses old) (list parent)))
                        old)
                       (old (%make-layout name (list parent) :structure size slots))
                       (t (%structure-layout name size raw)))))
    (%register-structure description)
    (%fill-layout layout name (list parent) :structure size slots)
    (%set-layout-print-function layout (%layout-print-function parent))
    (%install-layout name layout)
    (%remove-property name '%awaited-layout)
    layout))

;;; Tests.

;;; A form that tests whether the value of VARIABLE is an instance of the structure type NAME.
(defun %structure-test-form (variable name)
  (let ((description (%find-structure name)))
    (if (%structure-type description)
        `(%typed-structure-p ,variable ',name)
        `(%instance-at-depth-p ,variable ,(%layout-form description) ,(%structure-depth description)))))

;;; Whether OBJECT's layout has TARGET at DEPTH among its ancestors.
(declaim (inline %instance-at-depth-p))
(defun %instance-at-depth-p (object target depth)
  (declare (fixnum depth))
  (let ((layout (%layout-of object)))
    (cond ((eq layout target) (if layout t nil))
          ((null layout) nil)
          (t (%layout-at-depth-p layout target depth)))))

(defun %layout-at-depth-p (layout target depth)
  (declare (fixnum depth))
  (and (%layoutp layout)
       (let ((ancestors (%layout-ancestors layout)))
         (and (%fix> (%vector-size ancestors) depth)
              (eq (%other-ref ancestors depth) target)))))

;;; For typed, named structures: the names stand at their indexes.
(defun %typed-structure-p (object name)
  (let* ((description (%structure-or-error name))
         (own (car (last (%structure-names description)))))
    (if (eq (%structure-type description) 'list)
        (and (consp object)
             (let ((tail (nthcdr (car own) object)))
               (and (consp tail) (eq (car tail) (cdr own)))))
        (and (vectorp object)
             (> (length object) (car own))
             (eq (%aref1 object (car own)) (cdr own))))))

(defun copy-structure (structure)
  (if (and (%instancep structure) (%layoutp (%layout-of structure))
           (eq (%layout-kind (%layout-of structure)) :structure))
      (%primitive copy-object structure)
      (%type-error structure 'structure-object)))

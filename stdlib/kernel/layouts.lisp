(in-package "ROOK-KERNEL")

;;;; Layouts: what an instance's slot 0 refers to. A layout names the class, lists its ancestors and
;;;; describes its slots. Structures, conditions and the built-in record types are made from them.
;;;; Must not know what the slot descriptions mean: that is the business of each kind.

;;; Fields. Slot 0 of a layout is the layout of layouts.

(defmacro %layout-name (layout) `(%instance-ref ,layout 1))
(defmacro %layout-direct-superclasses (layout) `(%instance-ref ,layout 2))
;;; Layouts, most specific first, this one included.
(defmacro %layout-precedence-list (layout) `(%instance-ref ,layout 3))
;;; Simple vector of the same layouts, least specific first: with single inheritance a layout stands
;;; at the index that is its depth.
(defmacro %layout-ancestors (layout) `(%instance-ref ,layout 4))
;;; Simple vector of slot descriptions.
(defmacro %layout-slots (layout) `(%instance-ref ,layout 5))
(defmacro %layout-plist (layout) `(%instance-ref ,layout 6))
;;; Function of object and stream, or NIL.
(defmacro %layout-print-function (layout) `(%instance-ref ,layout 7))
;;; Names of the precedence list, in its order.
(defmacro %layout-names (layout) `(%instance-ref ,layout 8))
;;; :STRUCTURE, :CONDITION or :BUILT-IN.
(defmacro %layout-kind (layout) `(%instance-ref ,layout 9))
;;; Slots of an instance, its layout not counted.
(defmacro %layout-instance-size (layout) `(%instance-ref ,layout 10))

(defmacro %set-layout-plist (layout value) `(%set-instance-ref ,layout 6 ,value))
(defmacro %set-layout-print-function (layout value) `(%set-instance-ref ,layout 7 ,value))

(declaim (inline %allocate-instance %layoutp %find-layout))
(defun %allocate-instance (layout size)
  (%primitive allocate-instance layout size))

;;; The layout of layouts is its own layout.

(defvar *layout-of-layouts*
  (let ((layout (%allocate-instance nil 10)))
    (%set-instance-ref layout 0 layout)
    layout))

(defun %layoutp (object)
  (let ((layout (%layout-of object)))
    (and layout (eq layout *layout-of-layouts*))))

;;; Layouts by name: a hash table with linear probing, keys in even slots, on a bare instance because
;;; arrays and hash tables come later.

(defvar *layout-table* (%allocate-instance nil 1025))
(defvar *layout-table-size* 512)
(defvar *layout-count* 0)

(defun %layout-table-index (table size name)
  ;; Index of the entry of NAME, or of the free one where it would go.
  (let ((index (%fixand (%symbol-ref name 6) (%fix- size 1))))
    (block nil
      (tagbody
       next
         (let ((key (%instance-ref table (%fix+ 1 (%fix* 2 index)))))
           (if (or (eq key name) (%unbound-mark-p key))
               (return (%fix+ 1 (%fix* 2 index))))
           (setq index (%fixand (%fix+ index 1) (%fix- size 1)))
           (go next))))))

(defun %find-layout (name)
  (if (and name (symbolp name))
      (let* ((table *layout-table*)
             (index (%layout-table-index table *layout-table-size* name)))
        (if (%unbound-mark-p (%instance-ref table index))
            nil
            (%instance-ref table (%fix+ index 1))))
      nil))

(defun %grow-layout-table ()
  (let* ((old *layout-table*)
         (old-size *layout-table-size*)
         (size (%fix* 2 old-size))
         (table (%allocate-instance nil (%fix+ 1 (%fix* 2 size))))
         (i 0))
    (block nil
      (tagbody
       next
         (if (%fix= i old-size) (return nil))
         (let ((key (%instance-ref old (%fix+ 1 (%fix* 2 i)))))
           (if (not (%unbound-mark-p key))
               (let ((index (%layout-table-index table size key)))
                 (%set-instance-ref table index key)
                 (%set-instance-ref table (%fix+ index 1)
                                    (%instance-ref old (%fix+ 2 (%fix* 2 i)))))))
         (setq i (%fix+ i 1))
         (go next)))
    (setq *layout-table* table
          *layout-table-size* size)))

(defun %install-layout (name layout)
  (if (%fix> (%fix* 2 *layout-count*) *layout-table-size*)
      (%grow-layout-table))
  (let* ((table *layout-table*)
         (index (%layout-table-index table *layout-table-size* name)))
    (if (%unbound-mark-p (%instance-ref table index))
        (setq *layout-count* (%fix+ *layout-count* 1)))
    (%set-instance-ref table index name)
    (%set-instance-ref table (%fix+ index 1) layout)
    layout))

(defun %remove-layout (name)
  ;; The entry stays, without a layout, so that probing goes on past it.
  (if (%find-layout name)
      (%install-layout name nil)))

;;; Class precedence lists, by the topological sort of CLHS 4.3.5.

(defun %all-superclasses (layout seen)
  (if (%memq layout seen)
      seen
      (let ((rest (%layout-direct-superclasses layout)))
        (setq seen (cons layout seen))
        (block nil
          (tagbody
           next
             (if (null rest) (return seen))
             (setq seen (%all-superclasses (car rest) seen))
             (setq rest (cdr rest))
             (go next))))))

(defun %must-follow-p (layout remaining all)
  ;; Whether one of REMAINING has to come before LAYOUT.
  (block nil
    (tagbody
     next
       (if (null all) (return nil))
       (let ((order (cons (car all) (%layout-direct-superclasses (car all)))))
         ;; The class itself precedes its first superclass, which precedes the second, and so on.
         (tagbody
          pair
            (if (null (cdr order)) (go done))
            (if (and (eq (car (cdr order)) layout) (%memq (car order) remaining))
                (return t))
            (setq order (cdr order))
            (go pair)
          done))
       (setq all (cdr all))
       (go next))))

(defun %free-candidates (remaining all)
  (let ((rest remaining) (free nil))
    (block nil
      (tagbody
       next
         (if (null rest) (return (%revappend free nil)))
         (if (not (%must-follow-p (car rest) remaining all))
             (setq free (cons (car rest) free)))
         (setq rest (cdr rest))
         (go next)))))

(defun %rightmost-candidate (free sorted)
  ;; SORTED is the list so far, last element first: the candidate that is a direct superclass of
  ;; the rightmost class wins.
  (block nil
    (tagbody
     next
       (if (or (null sorted) (null (cdr free))) (return (car free)))
       (let ((rest (%layout-direct-superclasses (car sorted))))
         (tagbody
          super
            (if (null rest) (go done))
            (if (%memq (car rest) free) (return (car rest)))
            (setq rest (cdr rest))
            (go super)
          done))
       (setq sorted (cdr sorted))
       (go next))))

(defun %remq (item list)
  (let ((kept nil))
    (block nil
      (tagbody
       next
         (if (null list) (return (%revappend kept nil)))
         (if (not (eq item (car list)))
             (setq kept (cons (car list) kept)))
         (setq list (cdr list))
         (go next)))))

(defun %compute-precedence-list (layout)
  (let* ((all (%all-superclasses layout nil))
         (remaining all)
         (sorted nil))
    (block nil
      (tagbody
       next
         (if (null remaining) (return (%revappend sorted nil)))
         (let ((free (%free-candidates remaining all)))
           (if (null free)
               (error "The superclasses of ~S cannot be ordered." (%layout-name layout)))
           (let ((chosen (%rightmost-candidate free sorted)))
             (setq sorted (cons chosen sorted)
                   remaining (%remq chosen remaining))))
         (go next)))))

(defun %list-to-simple-vector (list)
  (%primitive list-to-simple-vector list))

(defun %layout-names-of (layouts)
  (let ((names nil))
    (block nil
      (tagbody
       next
         (if (null layouts) (return (%revappend names nil)))
         (setq names (cons (%layout-name (car layouts)) names)
               layouts (cdr layouts))
         (go next)))))

(defun %fill-layout (layout name superclasses kind size slots)
  ;; Sets everything that the definition of a class decides. A redefinition fills the same object
  ;; again, so that instances and subclasses see it.
  (%set-instance-ref layout 1 name)
  (%set-instance-ref layout 2 superclasses)
  (let ((precedence (%compute-precedence-list layout)))
    (%set-instance-ref layout 3 precedence)
    (%set-instance-ref layout 4 (%list-to-simple-vector (%revappend precedence nil)))
    (%set-instance-ref layout 8 (%layout-names-of precedence)))
  (%set-instance-ref layout 5 slots)
  (%set-instance-ref layout 9 kind)
  (%set-instance-ref layout 10 size)
  layout)

(defun %make-layout (name superclasses kind size slots)
  ;; A new layout; SUPERCLASSES are layouts, SLOTS a simple vector.
  (let ((layout (%allocate-instance *layout-of-layouts* 10)))
    (%set-instance-ref layout 6 nil)
    (%set-instance-ref layout 7 nil)
    (%fill-layout layout name superclasses kind size slots)))

(defun %instance-of-p (object name)
  ;; Whether OBJECT is an instance whose class, or an ancestor of it, is called NAME.
  (let ((layout (%layout-of object)))
    (and layout
         (%layoutp layout)
         (%memq name (%layout-names layout))
         t)))

;;; The roots.

(%install-layout 't (%make-layout 't '() :built-in 0 (%list-to-simple-vector '())))
(%install-layout 'layout
                 (%fill-layout *layout-of-layouts* 'layout (list (%find-layout 't)) :built-in 10
                               (%list-to-simple-vector '())))
(%set-layout-plist *layout-of-layouts* nil)
(%set-layout-print-function *layout-of-layouts* nil)
(%install-layout 'structure-object
                 (%make-layout 'structure-object (list (%find-layout 't)) :structure 0
                               (%list-to-simple-vector '())))

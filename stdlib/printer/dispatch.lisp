(in-package "ROOK-KERNEL")

;;;; Pretty-print dispatch tables: functions that print objects of a type while *PRINT-PRETTY* is true.
;;;; A table is an instance whose one slot is a list of (type function priority), best first.

(%install-layout 'pprint-dispatch-table
                 (%make-layout 'pprint-dispatch-table (list (%find-layout 't)) :built-in 1 (vector)))

(defvar *dispatch-table-layout* (%find-layout 'pprint-dispatch-table))

(defun %make-dispatch-table (entries)
  (let ((table (%allocate-instance *dispatch-table-layout* 1)))
    (%set-instance-ref table 1 entries)
    table))

(defmacro %dispatch-entries (table) `(%instance-ref ,table 1))

;;; The table that COPY-PPRINT-DISPATCH copies for NIL. It is empty: lists have styles of their own.
(defvar *standard-pprint-dispatch* (%make-dispatch-table '()))
(setq *print-pprint-dispatch* (%make-dispatch-table '()))

(defun %dispatch-table (designator)
  (cond ((null designator) (%make-dispatch-table '()))
        ((eq (%layout-of designator) *dispatch-table-layout*) designator)
        (t (error 'type-error :datum designator :expected-type 'pprint-dispatch-table))))

(defun copy-pprint-dispatch (&optional (table *print-pprint-dispatch*))
  (%make-dispatch-table (copy-list (%dispatch-entries (%dispatch-table table)))))

(defun set-pprint-dispatch (type-specifier function &optional (priority 0)
                                                    (table *print-pprint-dispatch*))
  (unless (realp priority)
    (error 'type-error :datum priority :expected-type 'real))
  (let ((others (remove type-specifier (%dispatch-entries (%dispatch-table table))
                        :key #'first :test #'equal)))
    (%set-instance-ref table 1
                       (if function
                           (merge 'list (list (list type-specifier function priority)) others #'>
                                  :key #'third)
                           others)))
  nil)

(defun %dispatch-function (object)
  ;; The function that prints OBJECT now, or NIL.
  (let ((entries (%dispatch-entries (%dispatch-table *print-pprint-dispatch*))))
    (dolist (entry entries nil)
      (when (typep object (first entry))
        (return (second entry))))))

(defun pprint-dispatch (object &optional (table *print-pprint-dispatch*))
  (let ((function (let ((*print-pprint-dispatch* (%dispatch-table table)))
                    (%dispatch-function object))))
    (if function
        (values function t)
        (values (lambda (stream object) (%output-plainly object (%output-stream stream))) nil))))

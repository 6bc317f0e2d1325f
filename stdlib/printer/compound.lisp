(in-package "ROOK-KERNEL")

;;;; Conses and vectors without *PRINT-PRETTY*. They are printed with an explicit stack of open parentheses, so nesting may
;;;; be as deep as memory allows; only objects that print themselves use the control stack.

;;; A frame is a list under construction: (kind rest count), where KIND is :LIST or :VECTOR; REST is
;;; what is left of a list, or the vector; COUNT is how many elements have been written.

(defmacro %frame-kind (frame) `(svref ,frame 0))
(defmacro %frame-rest (frame) `(svref ,frame 1))
(defmacro %frame-count (frame) `(svref ,frame 2))

(defun %compound-p (object)
  (or (consp object)
      (and (vectorp object)
           (not (stringp object))
           (not (bit-vector-p object)))))

(defun %abbreviation (object)
  ;; The text that stands for the operator of a two-element list, or NIL.
  (let ((rest (cdr object)))
    (if (and (consp rest) (null (cdr rest)))
        (case (car object)
          (quote "'")
          (function "#'")
          (quasiquote "`")
          (unquote ",")
          (unquote-splicing ",@")
          (unquote-nsplicing ",.")
          (t nil))
        nil)))

(defun %level-exceeded-p (depth)
  (and *print-level* (not *print-readably*) (>= depth *print-level*)))
(defun %length-exceeded-p (count)
  (and *print-length* (not *print-readably*) (>= count *print-length*)))

(defun %next-element (frame stream)
  ;; Moves FRAME on. The values are the next element and T, or NIL and NIL after the end was written.
  (let ((count (%frame-count frame)))
    (if (eq (%frame-kind frame) :vector)
        (let ((vector (%frame-rest frame)))
          (cond ((>= count (length vector)) (%write-char #\) stream) (values nil nil))
                ((%length-exceeded-p count) (%close-early count stream))
                (t (%set-svref frame 2 (1+ count))
                   (when (plusp count) (%write-char #\Space stream))
                   (values (aref vector count) t))))
        (%next-of-list frame count stream))))

(defun %close-early (count stream)
  (when (plusp count) (%write-char #\Space stream))
  (%write-simple-string "...)" stream)
  (values nil nil))

(defun %next-of-list (frame count stream)
  (let ((rest (%frame-rest frame)))
    (cond ((null rest) (%write-char #\) stream) (values nil nil))
          ((eq (%frame-kind frame) :tail)
           (%write-char #\) stream)
           (values nil nil))
          ((or (not (consp rest))
               (and (plusp count) (%label-state rest)))
           ;; A dotted tail; a labelled one must be written as an object of its own.
           (%write-simple-string " . " stream)
           (%set-svref frame 0 :tail)
           (values rest t))
          ((%length-exceeded-p count) (%close-early count stream))
          (t (%set-svref frame 1 (cdr rest))
             (%set-svref frame 2 (1+ count))
             (when (plusp count) (%write-char #\Space stream))
             (values (car rest) t)))))

(defun %open-compound (object stream)
  ;; Writes the start of OBJECT and returns its frame.
  (if (consp object)
      (let ((abbreviation (%abbreviation object)))
        (if abbreviation
            (progn (%write-simple-string abbreviation stream)
                   (vector :abbreviated (second object) 0))
            (progn (%write-char #\( stream)
                   (vector :list object 0))))
      (progn (%write-simple-string "#(" stream)
             (vector :vector object 0))))

(defun %output-compound (object stream)
  (let ((stack '())
        (depth *current-print-depth*)
        (current object)
        (start t)
        (pending t))
    (do () (nil)
      (when pending
        (setq pending nil)
        ;; The caller has written the label of OBJECT itself.
        (let ((state (if start nil (%label-state current))))
          (setq start nil)
          (unless (and state (%write-label-or-reference current state stream))
            (cond ((not (%compound-p current))
                   (let ((*current-print-depth* depth)) (%output-leaf current stream)))
                  ((and (vectorp current) (not *print-array*) (not *print-readably*))
                   (%output-unreadable-array current stream))
                  ((%level-exceeded-p depth) (%write-char #\# stream))
                  (t (push (%open-compound current stream) stack)
                     (incf depth))))))
      (if (null stack)
          (return nil)
          (let ((frame (first stack)))
            (if (eq (%frame-kind frame) :abbreviated)
                ;; The frame closes at once: what it abbreviates writes no parenthesis.
                (progn (setq current (%frame-rest frame) pending t)
                       (%set-svref frame 0 :done))
                (if (eq (%frame-kind frame) :done)
                    (progn (pop stack) (decf depth))
                    (multiple-value-bind (element more) (%next-element frame stream)
                      (if more
                          (setq current element pending t)
                          (progn (pop stack) (decf depth)))))))))))

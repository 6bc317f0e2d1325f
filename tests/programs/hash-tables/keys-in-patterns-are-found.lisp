;;; Ranges that overlap below some bit, strides of powers of two, negative and wide integers: each key is
;;; found with its value, others are not, removed ones are gone, and none takes the time of many.
(defun check (name keys)
  (dolist (test '(eq eql equal equalp))
    (let ((table (make-hash-table :test test)) (wrong 0))
      (dolist (key keys) (setf (gethash key table) (list key)))
      (dolist (key keys) (unless (eql (car (gethash key table)) key) (incf wrong)))
      (dolist (key keys) (when (gethash (+ key 1/2) table) (incf wrong)))
      (let ((count (hash-table-count table)))
        (loop for key in keys for i from 0
              when (evenp i) do (remhash key table))
        (loop for key in keys for i from 0
              do (unless (eq (evenp i) (null (gethash key table))) (incf wrong)))
        (loop for key in keys for i from 0
              when (evenp i) do (setf (gethash key table) i))
        (unless (= count (hash-table-count table)) (incf wrong)))
      (format t "~A ~A ~D ~D~%" name test (hash-table-count table) wrong))))

(defun run (from step count) (loop repeat count for key from from by step collect key))
(check "two ranges" (append (run 0 1 2000) (run 1000000 1 2000)))
(check "stride" (run 0 1024 2000))
(check "wide stride" (run 0 (expt 2 32) 2000))
(check "both halves" (run 0 (1+ (expt 2 32)) 2000))
(check "negative" (run -1000 1 2000))
(check "near the ends" (append (run (- most-positive-fixnum 500) 1 500) (run most-negative-fixnum 1 500)))

;;; What was found last is not found after it was removed, cleared or replaced.
(let ((table (make-hash-table)))
  (setf (gethash 0 table) :zero)
  (print (gethash 0 table))
  (remhash 0 table)
  (print (multiple-value-list (gethash 0 table)))
  (setf (gethash 0 table) :again)
  (print (gethash 0 table))
  (clrhash table)
  (print (multiple-value-list (gethash 0 table)))
  (dotimes (i 100) (setf (gethash i table) i) (incf (gethash 0 table) i))
  (print (gethash 0 table)))
(let ((table (make-hash-table :test 'equal)) (key (list 1 2)))
  (setf (gethash key table) 1)
  (print (gethash key table))
  (print (gethash (list 1 2) table))
  (print (remhash (list 1 2) table))
  (print (gethash key table)))

;;; Codes of lists of small integers differ.
(let ((codes '()))
  (dotimes (i 100) (dotimes (j 7) (pushnew (sxhash (list i 'x j)) codes)))
  (print (> (length codes) 690)))
(print (length (remove-duplicates (loop for i from -500 below 500 collect (sxhash i)))))

(in-package "ROOK-KERNEL")
;;;; FIND, POSITION, COUNT, SEARCH, MISMATCH.

(%define-sequence-family (find find-if find-if-not) ()
  (let ((result nil))
    (%do-sequence (element index sequence start end from-end) result
      (if (matches-p element)
          (if (and from-end (listp sequence))
              (setq result element)
              (return element))
          nil))))

(%define-sequence-family (position position-if position-if-not) ()
  (let ((result nil))
    (%do-sequence (element index sequence start end from-end) result
      (if (matches-p element)
          (if (and from-end (listp sequence))
              (setq result index)
              (return index))
          nil))))

(%define-sequence-family (count count-if count-if-not) ()
  (let ((result 0))
    (declare (fixnum result))
    ;; The order is visible to a key or a test with side effects.
    (if (and from-end (listp sequence))
        (setq sequence (%elements-vector sequence start end) start 0 end nil)
        nil)
    (%do-sequence (element index sequence start end from-end) result
      (if (matches-p element) (setq result (%fix+ result 1)) nil))))

;;; A sequence as a vector: lists are copied.
(defun %as-vector (sequence)
  (if (listp sequence)
      (%primitive list-to-simple-vector sequence)
      (%check-sequence-vector sequence)))

(defun mismatch (sequence1 sequence2 &key from-end test test-not key
                                       (start1 0) end1 (start2 0) end2)
  (let* ((test (%test-function test test-not))
         (key (%key-function key))
         (stop1 (%check-range sequence1 start1 end1 (length sequence1)))
         (stop2 (%check-range sequence2 start2 end2 (length sequence2)))
         (vector1 (%as-vector sequence1))
         (vector2 (%as-vector sequence2)))
    (declare (fixnum stop1 stop2) (function test))
    (if from-end
        (do ((i stop1 (%fix- i 1)) (j stop2 (%fix- j 1)))
            ((or (%fix<= i start1) (%fix<= j start2))
             (if (and (%fix= i start1) (%fix= j start2)) nil i))
          (declare (fixnum i j))
          (if (funcall test
                       (%key key (%aref1 vector1 (%fix- i 1)))
                       (%key key (%aref1 vector2 (%fix- j 1))))
              nil
              (return i)))
        (do ((i start1 (%fix+ i 1)) (j start2 (%fix+ j 1)))
            ((or (%fix>= i stop1) (%fix>= j stop2))
             (if (and (%fix= i stop1) (%fix= j stop2)) nil i))
          (declare (fixnum i j))
          (if (funcall test
                       (%key key (%aref1 vector1 i))
                       (%key key (%aref1 vector2 j)))
              nil
              (return i))))))

(defun search (sequence1 sequence2 &key from-end test test-not key
                                     (start1 0) end1 (start2 0) end2)
  (let* ((stop1 (%check-range sequence1 start1 end1 (length sequence1)))
         (stop2 (%check-range sequence2 start2 end2 (length sequence2)))
         (plain (and (null test) (null test-not) (null key)))
         (test (%test-function test test-not))
         (key (%key-function key))
         (vector1 (%as-vector sequence1))
         (vector2 (%as-vector sequence2))
         (length1 (- stop1 start1))
         (last (- stop2 length1)))
    (declare (fixnum stop1 stop2 length1 last) (function test))
    (macrolet ((scan (equal-form)
                 `(do ((at (if from-end last start2) (if from-end (%fix- at 1) (%fix+ at 1))))
                      ((if from-end (%fix< at start2) (%fix> at last)) nil)
                    (declare (fixnum at))
                    (if (dotimes (k length1 t)
                          (declare (fixnum k))
                          (if ,equal-form nil (return nil)))
                        (return at)
                        nil))))
      (cond
        ((and plain (simple-string-p vector1) (simple-string-p vector2))
         (scan (eq (schar vector1 (%fix+ start1 k)) (schar vector2 (%fix+ at k)))))
        (plain
         (scan (eql (%aref1 vector1 (%fix+ start1 k)) (%aref1 vector2 (%fix+ at k)))))
        (t
         (scan (funcall test
                        (%key key (%aref1 vector1 (%fix+ start1 k)))
                        (%key key (%aref1 vector2 (%fix+ at k))))))))))

(let ((v (vector 1 2 3)) (m (make-array '(2 2) :initial-element 0)) (s (copy-seq "abc"))
      (b (make-array 4 :element-type 'bit :initial-element 0)))
  (setf (aref v 0) 'x (svref v 1) 'y (elt v 2) 'z (aref m 1 0) 5 (row-major-aref m 1) 7
        (char s 0) #\A (schar s 1) #\B (bit b 2) 1 (sbit b 3) 1)
  (print (list v (aref m 0 1) (aref m 1 0) s b)))
(terpri)

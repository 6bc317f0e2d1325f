;;;; Needs
;;;; GC=counters,stack-use
;;;; COUNTER='stack-bytes -lt 262144'
(defun build (n) (if (zerop n) '() (cons n (build (1- n)))))
(defun sum-fresh (n)
  (if (zerop n)
      (progn (ext:gc) 0)
      (let ((fresh (list n)))
        (+ (sum-fresh (1- n)) (car fresh)))))
(assert (= (length (build 1000000)) 1000000))
(assert (= (sum-fresh 1000000) 500000500000))
(assert (equal (subseq (build 1000000) 0 3) '(1000000 999999 999998)))
(format t "~&ok~%")

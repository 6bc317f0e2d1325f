(defun primes (n)
  (let ((sieve (make-array (1+ n) :element-type 'bit :initial-element 1)))
    (loop for i from 2 to n
          when (= 1 (aref sieve i)) collect i
          and do (loop for j from (* i i) to n by i do (setf (aref sieve j) 0)))))
(print (primes 50))
(print (length (primes 10000)))
(terpri)

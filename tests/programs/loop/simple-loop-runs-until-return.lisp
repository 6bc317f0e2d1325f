(let ((n 0)) (print (loop (incf n) (when (= n 5) (return n)))))
(print (let ((l '(1 2 3)) (s 0)) (loop (when (null l) (return s)) (incf s (pop l)))))
(terpri)

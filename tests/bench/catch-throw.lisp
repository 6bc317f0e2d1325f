(defun leave (n) (if (= n 0) (throw 'done n) (leave (- n 1))))
(let ((sum 0))
  (dotimes (i 20000000) (incf sum (+ 1 (catch 'done (leave 3)))))
  (print sum))

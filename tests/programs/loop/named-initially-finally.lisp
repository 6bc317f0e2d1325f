(print (loop named outer for i from 1 to 3 do (loop for j from 1 to 3 do (when (= (* i j) 6) (return-from outer (list i j))))))
(print (let ((log '())) (loop initially (push 'start log) for i below 2 do (push i log) finally (push 'end log)) (reverse log)))
(print (loop for i below 10 do (when (= i 3) (loop-finish)) collect i))
(terpri)

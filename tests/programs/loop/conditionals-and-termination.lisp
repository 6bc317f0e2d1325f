(print (list (loop for i from 1 when (> (* i i) 50) return i) (loop for i in '(1 2 3) always (plusp i)) (loop for i in '(1 -2) never (minusp i)) (loop for i in '(1 2 3) thereis (and (> i 1) (* i 10))) (loop for x = 1 then (* 2 x) while (< x 20) collect x) (loop for x from 0 until (= x 3) collect x)))
(print (loop for i from 1 to 10 if (evenp i) if (> i 5) collect i end else unless (< i 7) collect (- i)))
(terpri)

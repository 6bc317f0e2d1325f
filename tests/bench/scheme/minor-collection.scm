(define old (make-list 4000000 '()))
(collect 3 3)
(do ((i 0 (+ i 1))) ((= i 8000)) (collect 0 1))
(display (length old))

(define (make-tree d) (if (= d 0) (cons '() '()) (cons (make-tree (- d 1)) (make-tree (- d 1)))))
(define (check tree) (if (null? (car tree)) 1 (+ 1 (check (car tree)) (check (cdr tree)))))
(do ((i 0 (+ i 1)) (sum 0 (+ sum (check (make-tree 18))))) ((= i 20) (display sum)))

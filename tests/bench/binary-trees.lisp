(defun make-tree (d) (if (= d 0) (cons nil nil) (cons (make-tree (- d 1)) (make-tree (- d 1)))))
(defun check (tree) (if (null (car tree)) 1 (+ 1 (check (car tree)) (check (cdr tree)))))
(let ((sum 0)) (dotimes (i 20) (setq sum (+ sum (check (make-tree 18))))) (print sum))

(print (list (list) (list 1 2) (list* 1 2 '(3 4)) (list* 1) (cons 1 2) (make-list 2 :initial-element 'x) (append) (append '(1) '(2) nil '(3 . 4)) (append nil 5)))
(print (list (copy-list '(1 2 . 3)) (copy-tree '((1) (2))) (copy-alist '((a . 1) (b . 2)))))
(let* ((tail (list 3)) (l (append '(1 2) tail))) (print (eq tail (cddr l))))
(terpri)

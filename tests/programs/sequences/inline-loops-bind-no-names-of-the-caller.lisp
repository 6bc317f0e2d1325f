;;; What a function in line sees are the variables, blocks and tags of the program.
(defun leaver (list)
  (mapc (lambda (x) (when (> x 2) (return-from leaver (list :found x)))) list)
  :none)
(print (list (leaver '(1 2)) (leaver '(1 2 3 4))))
(print (block nil (mapcar (lambda (x) (if (= x 2) (return :out) x)) '(1 2 3))))
(print (block nil (every (lambda (x) (if (eql x #\b) (return :out) t)) "abc")))
(print (block nil (reduce (lambda (a b) (if (= b 3) (return (list a b)) (+ a b))) '(1 2 3 4))))
(print (let ((n 0))
         (tagbody
          top
            (mapc (lambda (x) (incf n x) (when (= x 2) (if (< n 9) (go top) (go end)))) '(1 2 3))
          end)
         n))
(print (let ((count 10) (list '(1 2)) (first 3) (last 4) (position 5))
         (list (count-if (lambda (x) (incf count) (< x count)) '(1 20 30))
               (mapcar (lambda (x) (list x list first last)) list)
               (position-if (lambda (x) (= x position)) #(1 5)))))
;; Every call of the function has variables of its own.
(let ((closures (mapcar (lambda (x) (lambda () (incf x))) '(1 10))))
  (print (mapcar #'funcall closures))
  (print (mapcar #'funcall closures)))
;; Nested ones.
(print (mapcar (lambda (x) (mapcar (lambda (y) (list x y)) '(a b))) '(1 2)))
(print (some (lambda (x) (find-if (lambda (y) (eql x y)) '(3 4))) '(1 2 4)))
(print (assoc 2 '((1 . a) (2 . b)) :test (lambda (x y) (member x (list y) :test (lambda (p q) (= p q))))))
;; Lambda lists of every kind, declarations.
(print (mapcar (lambda (x &optional (y (* x x))) (declare (fixnum x)) (list x y)) '(1 2)))
(print (mapcar (lambda (&rest r) r) '(1 2) '(3 4)))
(print (mapcar (lambda (x &key (k x)) (list x k)) '(1 2)))
(print (handler-case (mapcar (lambda (x y) (list x y)) '(1)) (program-error () :program-error)))
(print (handler-case (reduce (lambda (x y) (list x y)) '()) (program-error () :program-error)))
(print (handler-case (reduce #'max '()) (program-error () :program-error)))
(print (list (reduce #'+ '()) (reduce #'max '(3)) (reduce (lambda () 7) '()) (reduce #'list '())))

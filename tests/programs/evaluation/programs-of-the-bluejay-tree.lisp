;;; The small programs of another system's tree, with its LET1 and PRINT.
(defmacro let1 ((variable value) &body body) `(let ((,variable ,value)) ,@body))
(defun say (value) (prin1 value) (terpri))

(let1 (a 5)
  (say "a is")
  (say a)
  (say (let1 (b a) b))
  (say (cons 'a '(b c d e))))

(defun adder (n) (lambda (m) (+ n m)))
(say (funcall (adder 4) 6))

(defmacro with-message ((name) &body body) `(let1 (,name "this is var") ,@body))
(with-message (var) (say var))

(let1 (five '(1 2 3 4 5)) (say `(numbers are ,@five yeah)))

(defun arguments (first &rest rest) (say first) (say rest))
(arguments "hi" 1 2 3 4)

(defun quicksort (list)
  (if (null list)
      nil
      (let1 (pivot (car list))
        (append (quicksort (remove-if-not (lambda (n) (< n pivot)) list))
                (list pivot)
                (quicksort (remove-if-not (lambda (n) (> n pivot)) list))))))
(say (quicksort '(12 3 4 1 6 8 10 5 14)))

;;;; Needs
;;;; MODES=run
;; Deeply nested forms compile, or end in a condition.
(defun nested (n prefix inner) (let ((form inner)) (dotimes (i n form) (setq form (append prefix (list form))))))
(defmacro ends (form)
  `(handler-case (progn ,form nil)
     (storage-condition ())
     (error ())))
(dolist (n '(300 2000 100000))
  (dolist (prefix '((car) (list) (progn) (let ((x 1)) (declare (ignorable x))) (if t) (lambda ()) (block nil)
                    (unwind-protect) (catch 'a) (flet ((f () 1)) (declare (ignorable #'f))) (tagbody)
                    (handler-case) (quote) (function) (the integer) (setq *) (multiple-value-call #'list)
                    (cond) (and 1) (loop) (macrolet ()) (symbol-macrolet ()) (nowhere)))
    (unless (or (and (> n 300) (member (car prefix) '(handler-case loop)))
                (and (> n 2000) (member (car prefix) '(lambda flet catch multiple-value-call))))
      (ends (compile nil (list 'lambda '() (nested n prefix '(1))))))))
(assert (= 3 (funcall (compile nil (list 'lambda '() (nested 1000 '(progn) 3))))))
(format t "~&ok~%")

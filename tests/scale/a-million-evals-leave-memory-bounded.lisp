;;;; Needs
;;;; MODES=run
(defun resident-pages ()
  (with-open-file (in "/proc/self/statm") (read in) (read in)))
(defun evaluate (n) (dotimes (i n) (assert (= (eval (list '+ i 1)) (1+ i)))))
;; Closures need code of their own, which is freed.
(defun evaluate-code (n)
  (dotimes (i n)
    (assert (= (funcall (eval `(let ((x ,i)) (lambda (y) (if (evenp y) (* x y) (list x y))))) 2) (* 2 i)))))
(evaluate 100000)
(evaluate-code 3000)
(ext:gc)
(defvar *before* (resident-pages))
(evaluate 900000)
(evaluate-code 12000)
(ext:gc)
(let ((grown (- (resident-pages) *before*)))
  ;; Thirty-two megabytes: the nursery may grow, too.
  (assert (< grown 8192) () "~D pages more" grown))
(format t "~&ok~%")

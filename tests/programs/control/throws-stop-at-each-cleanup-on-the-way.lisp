;;; A throw over several cleanups runs each in the dynamic environment of its UNWIND-PROTECT, inner ones
;;; first, and brings all its values; a cleanup may leave for somewhere else instead.
(defvar *level* 0)
(defvar *log* '())
(defun note (what) (push (list what *level*) *log*))
(defun nest (n leave)
  (let ((*level* n))
    (if (= n 0)
        (funcall leave)
        (unwind-protect (nest (- n 1) leave)
          (note n)))))
(defun run (form)
  (setq *log* '())
  (let ((values (multiple-value-list (funcall form))))
    (list values (reverse *log*) *level*)))

(print (run (lambda () (catch 'out (nest 3 (lambda () (throw 'out (values 1 2 3))))))))
(print (run (lambda () (catch 'out (nest 2 (lambda () (throw 'out (values))))))))
(print (run (lambda () (block nil (nest 2 (lambda () (return (values :a :b))))))))
;; Catches of other tags, blocks and a catch of the same tag outside lie on the way.
(print (run (lambda ()
              (catch 'out
                (catch 'other
                  (block b
                    (mapc (lambda (x) (when (null x) (return-from b)))
                          (list 1 (catch 'third (nest 1 (lambda () (catch 'inner (throw 'out :far))))))))
                  :other)
                :out))))
;; A cleanup that throws takes over, also to a nearer tag, after which the first exit is forgotten.
(print (run (lambda ()
              (catch 'far
                (list :near
                      (catch 'near
                        (unwind-protect (nest 1 (lambda () (throw 'far :first)))
                          (throw 'near :second))))))))
(print (run (lambda ()
              (catch 'far
                (catch 'near
                  (unwind-protect (throw 'near :first)
                    (throw 'far :second)))
                :not-reached))))
;; Within a cleanup, other exits come and go.
(print (run (lambda ()
              (catch 'out
                (unwind-protect (throw 'out (values 1 2))
                  (note (catch 'in (nest 1 (lambda () (throw 'in :inner))))))))))
;; Cleanups after a normal return keep the values.
(print (run (lambda () (unwind-protect (values 1 2 3) (catch 'x (throw 'x (values 4 5)))))))
;; Deep.
(let ((count 0))
  (labels ((down (n) (if (= n 0) (throw 'top n) (unwind-protect (down (- n 1)) (incf count)))))
    (print (list (catch 'top (down 10000)) count))))
;; Without a catcher nothing is left.
(print (handler-case (let ((ran nil)) (handler-bind ((control-error (lambda (c) c (note (list :ran ran)))))
                       (unwind-protect (throw 'nowhere 1) (setq ran t))))
         (control-error () (reverse *log*))))

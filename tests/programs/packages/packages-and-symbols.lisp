(defmacro show (&rest forms)
  `(progn
     ,@(mapcar (lambda (form)
                 `(print (handler-case (multiple-value-list (eval ',form))
                           (type-error () 'type-error)
                           (error () 'error))))
               forms)))

(setq *print-pretty* nil)
(show
 (let ((p (make-package "ZZZ1" :use nil))) (unwind-protect (list (package-name p) (symbol-name (intern "A" p)) (multiple-value-list (find-symbol "B" p)) (nth-value 1 (find-symbol "A" p)) (progn (export (intern "A" p) p) (nth-value 1 (find-symbol "A" p))) (let (l) (do-symbols (s p l) (push (symbol-name s) l))) (let (l) (do-external-symbols (s p) (push (symbol-name s) l)) l) (unintern (find-symbol "A" p) p) (nth-value 1 (find-symbol "A" p))) (delete-package p)))
 (progn (defpackage zzz2 (:use) (:export "X" "Y") (:nicknames zz2) (:intern "I") (:shadow "CAR")) (unwind-protect (let ((p (find-package 'zzz2))) (list (package-nicknames p) (nth-value 1 (find-symbol "X" p)) (nth-value 1 (find-symbol "I" p)) (mapcar #'symbol-name (package-shadowing-symbols p)))) (delete-package 'zzz2)))
 (let ((n 0)) (with-package-iterator (next (list :keyword) :external) (dotimes (i 3) (if (next) (incf n)))) n))
(terpri)

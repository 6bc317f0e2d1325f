;;;; Needs
;;;; GC=counters,stack-use
;;;; COUNTER='stack-bytes -lt 262144'
(defvar *list* (let ((list '())) (dotimes (i 10000000 list) (push i list))))
(defvar *nest* (let ((nest '())) (dotimes (i 10000000 nest) (setq nest (list nest)))))
(ext:gc)
(defun depth (nest) (do ((n 0 (1+ n)) (part nest (car part))) ((null part) n)))
(assert (= (length *list*) 10000000))
(assert (= (reduce #'+ *list*) 49999995000000))
(assert (= (depth *nest*) 10000000))
(ext:gc)
(assert (= (depth *nest*) 10000000))
(format t "~&ok~%")

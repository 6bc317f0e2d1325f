;;;; Needs
;;;; LIMITS=heap=8m
(defvar *kept* '())
(defvar *count* 0)
(dotimes (i 1000)
  (handler-case (loop (push (make-array 20000) *kept*))
    (storage-condition () (incf *count*)))
  (setq *kept* '()))
(assert (= *count* 1000))
(dotimes (i 20)
  (handler-case (loop (push i *kept*))
    (storage-condition () (incf *count*)))
  (setq *kept* '()))
;; A list that nobody reads fills the heap, too.
(dotimes (i 20)
  (handler-case (let ((list '())) (loop (push i list)))
    (storage-condition () (incf *count*))))
(assert (= *count* 1040))
(format t "~&ok~%")

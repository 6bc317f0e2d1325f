;;;; Needs
;;;; LIMITS=stack=4m
(defun dive (n) (1+ (dive (1+ n))))
(defvar *count* 0)
(dotimes (i 1000)
  (handler-case (dive 0)
    (storage-condition () (incf *count*))))
(assert (= *count* 1000))
;; Each time there is as much room as before, for calls from the same frame.
(defvar *deepest* 0)
(defun measure (n) (setq *deepest* n) (1+ (measure (1+ n))))
(defun deepest () (handler-case (measure 0) (storage-condition () *deepest*)))
(defun depths (n) (loop repeat n collect (deepest)))
(assert (= 1 (length (remove-duplicates (depths 100)))))
(format t "~&ok~%")

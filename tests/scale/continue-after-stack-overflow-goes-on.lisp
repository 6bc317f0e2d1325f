;;;; Needs
;;;; LIMITS=stack=1m
(defvar *continued* 0)
(defun depth (n) (if (zerop n) 0 (1+ (depth (1- n)))))
(assert (= 300000
           (handler-bind ((storage-condition (lambda (c)
                                               (incf *continued*)
                                               (continue c))))
             (depth 300000))))
(assert (plusp *continued*))
(format t "~&ok~%")

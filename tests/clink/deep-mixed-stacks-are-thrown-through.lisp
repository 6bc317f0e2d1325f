;;; Lisp calls C calls Lisp, a hundred levels deep, a collection at the bottom, then a throw to the top.
(defvar *bottom* nil)
(declaim (ftype function descend))
(ffi:defcallback descend-back (:value level :value kept :value) (descend level kept))

(defun descend (level kept)
  (let ((own (list level kept)))
    (if (= level 0)
        (funcall *bottom* own)
        (let ((result (case (mod level 3)
                        (0 (ffi:external-call "by_funcall" :value #'descend :value (1- level) :value own :value))
                        (1 (ffi:external-call "by_call" :value #'descend :value (1- level) :value own :value))
                        (t (ffi:external-call "by_callback" :pointer descend-back :value (1- level) :value own :value)))))
          ;; Intact after all that was below.
          (assert (and (eql (first own) level) (eq (second own) kept)))
          result))))

(defun levels (own) (loop for at = own then (second at) while (consp at) collect (first at)))

;; Without an exit.
(setq *bottom* (lambda (own) (ext:gc) (levels own)))
(format t "~S~%" (equal (descend 100 nil) (loop for i to 100 collect i)))

;; Thrown, 10000 times, with a collection at the bottom: each hundredth is a full one.
(let ((round 0))
  (setq *bottom* (lambda (own)
                   (ext:gc (zerop (mod round 100)))
                   (throw 'top (length (levels own)))))
  (format t "~S~%" (loop repeat 10000
                         do (incf round)
                         always (eql 101 (catch 'top (descend 100 nil) :returned)))))
(format t "~S~%" (ffi:external-call "exits_seen" :long))

;; By an error, by a return, with cleanups and special bindings at the top.
(defvar *special* :global)
(setq *bottom* (lambda (own) (setq *special* :set) (error "at the bottom of ~D" (length (levels own)))))
(format t "~S ~S~%" (handler-case (let ((*special* :bound)) (descend 100 nil)) (error (c) (princ-to-string c))) *special*)
(format t "~S~%" (block top
                   (setq *bottom* (lambda (own) (return-from top (reduce #'+ (levels own)))))
                   (unwind-protect (descend 100 nil) (setq *special* (ext:gc)))))

;; A thousand levels of C frames, and a deep end of each kind of stack.
(setq *bottom* (lambda (own) (ext:gc) (throw 'top (length (levels own)))))
(format t "~S~%" (catch 'top (descend 1000 nil)))
;; Too deep: a condition, and again.
(setq *bottom* (lambda (own) (length (levels own))))
(dotimes (i 3)
  (format t "~S~%" (handler-case (descend 10000000 nil) (storage-condition () :exhausted))))
(format t "~S~%" (descend 100 nil))

;;; What a C segment retains lives and stays in place; what only C variables hold does not live.
(defun collect () (ext:gc) (loop repeat 100 collect (list 1 2 3)) (ext:gc))
(defun weak (object) (rook-kernel::%primitive make-weak-pointer object))
(defun lives (weak) (and (rook-kernel::%primitive weak-pointer-value weak) t))

(format t "~S " (ffi:external-call "callable_from_lisp" :value (list 1 2 3) :value (vector "a" 2.5d0)
                                   :value #'collect :value))
(format t "~S~%" (ffi:external-call "slots_started_as_nil" :bool))
(format t "~S~%" (lives (ffi:external-call "lose_cons" :value #'weak :value #'collect :value)))
(let* ((cons (list 1)) (weak (weak cons)))
  (ext:gc)
  (format t "~S~%" (list (lives weak) cons)))

(format t "~S~%" (loop for way below 4
                       collect (ffi:external-call "leave_scopes" :value #'collect :int way :int)))

(defun over (f) (ffi:external-call "segments_over_exit" :value f :value))
(defvar *hundred* nil)
(format t "~S~%" (list (over (lambda () :value))
                       (catch 'tag (over (lambda () (throw 'tag :thrown))))
                       (block nil (over (lambda () (return :returned))))
                       (handler-case (over (lambda () (error "an error"))) (error (c) (princ-to-string c)))
                       (handler-case (over (lambda () (car 'x))) (type-error (c) (type-error-datum c)))
                       (catch 'tag (over (lambda () (over (lambda () (ext:gc) (throw 'tag :nested))))))
                       (restart-case (over (lambda () (invoke-restart 'leave))) (leave () :restarted))))
;; Cleanups run with the segments of the frames that were left popped.
(format t "~S~%" (catch 'tag
                   (unwind-protect (over (lambda () (throw 'tag :cleaned)))
                     (ext:gc)
                     (over (lambda () :again)))))

(defun cleans (f) (ffi:external-call "cleans_up" :value f :value))
(let ((after :not-reached))
  (format t "~S ~S ~S ~S~%" (catch 'tag (cleans (lambda () (throw 'tag :thrown))) (setq after :reached))
          after
          (handler-case (cleans (lambda () (error "an error"))) (error (c) (princ-to-string c)))
          (ffi:external-call "cleanups_run" :int)))
(format t "~S~%" (catch 'tag (list (ffi:external-call "drops_exit" :value (lambda () (throw 'tag :thrown)) :value)
                                   :went-on)))

(let ((list (ffi:external-call "list_in_segments" :int 1000 :value #'collect :value)))
  (format t "~S~%" (loop for n in list for i from 0 always (= n i) finally (return i))))

(ffi:external-call "keep_in_global" :value (list "kept" 1))
(collect)
(format t "~S~%" (ffi:external-call "kept_in_global" :value))
(ffi:external-call "release_global")
(collect)

(ffi:external-call "define_functions")
(declaim (ftype function map-c))
(format t "~S ~S~%" (map-c (lambda (x) (ext:gc nil) (list x)) 1 2 3 4 5 6)
        (handler-case (funcall 'map-c) (program-error () :program-error)))
(format t "~S~%" (length (apply 'map-c #'list (loop for i below 500 collect i))))
(format t "~S~%" (catch 'tag (map-c (lambda (x) (if (= x 2) (throw 'tag x) x)) 1 2 3)))

;; A hundred thousand exits over segments leave nothing behind.
(format t "~S~%" (loop repeat 100000 always (eq :out (catch 'tag (over (lambda () (throw 'tag :out)))))))

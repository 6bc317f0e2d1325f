(in-package "ROOK-KERNEL")

;;;; The process: its end, environment, arguments; the collector on request.

(defun ext:quit (&optional (code 0))
  (%leave code))

(defun ext:exit (&optional (code 0) &key abort)
  ;; With ABORT nothing is run on the way out.
  (if abort
      (%primitive exit-process code)
      (%leave code)))

(defun ext:getenv (name)
  (%primitive environment-variable name))

(defun ext:command-args ()
  (%primitive command-line-arguments))

(defun ext:gc (&optional (full t))
  (if full (%primitive gc) (%primitive gc-minor)))

(defun ext:gc-stats ()
  ;; The objects in the heap, live or not found dead yet, and the collections so far.
  (let ((stats (%primitive gc-stats)))
    (list (%primitive heap-objects) (+ (car stats) (cadr stats)))))

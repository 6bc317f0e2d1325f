(in-package "ROOK-KERNEL")

;;;; The process: its end, environment, arguments; the collector on request.

(defun ext:quit (&optional (code 0))
  (%exit code))

(defun ext:exit (&optional (code 0))
  (%exit code))

(defun ext:getenv (name)
  (%primitive environment-variable name))

(defun ext:command-args ()
  (%primitive command-line-arguments))

(defun ext:gc (&optional (full t))
  (if full (%primitive gc) (%primitive gc-minor)))

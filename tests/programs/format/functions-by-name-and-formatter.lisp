(defun stars (stream arg colon at &rest params) (format stream "*~A~A~A~A*" arg (if colon ":" "") (if at "@" "") params))
(format t "~/stars/ ~:/stars/ ~1,2@/cl-user::stars/~%" 1 2 3)
(format t (formatter "~A and ~A~%") 1 2)
(funcall (formatter "~D~%") *standard-output* 5)

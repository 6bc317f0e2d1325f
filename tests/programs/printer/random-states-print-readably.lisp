;; #. in the text that is read needs the compiler: naming EVAL brings it into the executable.
(eval nil)
(let* ((state (make-random-state))
       (copy (with-standard-io-syntax (read-from-string (prin1-to-string state)))))
  (print (random-state-p copy))
  (print (loop repeat 20 always (= (random 1000000 state) (random 1000000 copy)))))

(catch 'out
  (let ((*debugger-hook* (lambda (c hook) (declare (ignore c hook)) (throw 'out (print 'thrown)))))
    (invoke-debugger (make-condition 'simple-error :format-control "x"))))
(let ((condition (make-condition 'simple-error :format-control "bound")))
  (restart-case
      (with-condition-restarts condition (list (find-restart 'mine))
        (print (restart-name (find-restart 'mine condition)))
        (invoke-restart 'mine 5))
    (mine (n) (print n))))
(print (handler-case (let ((x 1)) (ctypecase x (string 's) (symbol 't))) (type-error (c) (type-error-datum c))))
(print (restart-case (abort) (abort () 'aborted)))

(defun call (f) (funcall f) (print 'not-reached))
(let ((count 0))
  (tagbody
   again
     (incf count)
     (call (lambda () (if (< count 5) (go again) (go end))))
   end
     (print count)))
(terpri)

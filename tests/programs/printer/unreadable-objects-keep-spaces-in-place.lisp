(flet ((show (type body)
         (write-line (with-output-to-string (s)
                       (if body
                           (print-unreadable-object ('x s :type type) (write-string "body" s))
                           (print-unreadable-object ('x s :type type)))))))
  (show nil nil) (show nil t) (show t nil) (show t t))

(let ((s (make-broadcast-stream)))
  (print (list (fresh-line s) (file-length s) (file-position s) (file-string-length s "abc")
               (stream-element-type s) (stream-external-format s))))

(format t "~C ~:C ~@C ~:C~%" #\a #\Space #\a #\b)
(format t "~{~C~}~%" (coerce "xyz" 'list))

(dolist (case '(:upcase :downcase :capitalize))
  (let ((*print-case* case)) (print (list 'symbol-name '|Mixed| :key))))
(terpri)

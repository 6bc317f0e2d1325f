(let ((*read-suppress* t))
  (dolist (text '("#<x>" "# x" "#)"))
    (print (handler-case (read-from-string text) (reader-error () 'reader-error)))))

#+rook (ext:gc)
#+rook (print (list (ext:getenv "A_NAME_THAT_NOBODY_SETS") (stringp (first (ext:command-args)))))
#+rook (unwind-protect (ext:quit 3) (print 'cleanup) (finish-output))
#+rook (ext:exit 4)

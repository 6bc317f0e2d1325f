(print (stringp (pathname-type (compile-file-pathname "a/b.lisp"))))
(print (pathname-name (compile-file-pathname "a/b.lisp")))
(print (file-namestring (compile-file-pathname "b.lisp" :output-file "out/c.x")))
(print (handler-case (compile-file "no-such-file-anywhere.lisp") (file-error () :file-error)))

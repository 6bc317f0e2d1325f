(print (list #+no-such-feature 1 #-no-such-feature 2 #+common-lisp 3 #+(or no-such common-lisp) 4 #+(and common-lisp (not no-such)) 5 #-common-lisp 6))
(print '(#+no-such (skipped #\) "x" |y)| no-package:x) kept))
(print (and (member :common-lisp *features*) t))
(terpri)

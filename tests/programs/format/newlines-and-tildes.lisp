(format t "~%a~&b~&~2%c~~~3~d~%")
(format t "one~
           two~%")
(format t "one~@
           two~%")
(format t "x~&~&y~%")

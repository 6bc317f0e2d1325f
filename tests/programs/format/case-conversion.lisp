(format t "~(HELLO World~) ~:(hello big world~) ~@(hello WORLD~) ~:@(shout~)~%")
(format t "~(~A~) ~:(~A~)~%" 'SYMBOL "two words")

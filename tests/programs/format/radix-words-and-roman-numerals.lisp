(format t "~R ~R ~R ~R~%" 0 21 -105 1000000)
(format t "~:R ~:R ~:R ~:R~%" 1 2 13 100)
(format t "~@R ~@R ~:@R~%" 1999 4 4)
(format t "~R~%" 123456)

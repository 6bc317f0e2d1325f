(print (list #(1 "a" #\b) #*101 #() #2A((1 2) (3 4)) (make-array '(1 1 1) :initial-element 0)))
(terpri)

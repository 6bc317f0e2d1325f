;; #. in the text that is read needs the compiler: naming EVAL brings it into the executable.
(eval nil)
(print (read-from-string "#1A#.(make-array 3 :element-type '(unsigned-byte 8) :initial-contents '(1 2 3))"))
(print (read-from-string "#1A#.(make-array 4 :fill-pointer 2 :initial-element 7)"))
(print (read-from-string "#2A(\"ab\" #(1 2) #*01)"))

(let ((*print-pretty* t) (*print-right-margin* 16) (*print-miser-width* nil))
  (format t "~:<~@{~A~^ ~}~:@>~%" '(one two three four five))
  (format t "~<- ~@;~W ~:_~W~:>~%" '(alpha-beta gamma-delta))
  (format t "~<~W ~:I~W~:@_~W~:>~%" '(head first second)))

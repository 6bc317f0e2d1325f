(let ((*print-radix* t)) (print (list 10 1/2))
  (let ((*print-base* 16)) (print (list 255 1/255)))
  (let ((*print-base* 2)) (print 5)))
(terpri)

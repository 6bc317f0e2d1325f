(print (catch 'outer
         (catch 'inner
           (unwind-protect (throw 'inner 'first) (throw 'outer 'second)))
         'after-inner))
(print (block a
         (dotimes (i 3) (unwind-protect (return) (return-from a 'further-out)))
         'loop-left))
(print (block a (unwind-protect (return-from a 1) (return-from a 2))))
(print (catch 'x (list 'not-reached (unwind-protect (throw 'x 1) (throw 'x 2)))))
(terpri)

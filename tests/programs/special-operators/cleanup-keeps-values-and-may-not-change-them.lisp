(print (multiple-value-list (unwind-protect (values 1 2 3) (values 'a 'b))))
(print (multiple-value-list (catch 'x (unwind-protect (throw 'x (values 1 2 3)) (floor 7 2)))))
(print (multiple-value-list
        (block b (unwind-protect (return-from b (values 'p 'q)) (multiple-value-list (values 8 9))))))
(terpri)

(print (handler-case
           (unwind-protect (error 'type-error :datum 1 :expected-type 'list)
             (error 'division-by-zero))
         (division-by-zero () 'second)
         (type-error () 'first)))
(print (handler-case (block b (unwind-protect (return-from b 1) (error "no")))
         (simple-error () 'error)))
(terpri)

(print (restart-case
           (restart-case (invoke-restart 'r) (r () 'inner))
         (r () 'outer)))
(print (restart-case
           (restart-case
               (subseq (mapcar #'restart-name (compute-restarts)) 0 3)
             (a () 1) (b () 2))
         (c () 3)))
(terpri)

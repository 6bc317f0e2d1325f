(let ((table (make-hash-table :size 100 :rehash-size 2.0 :rehash-threshold 0.5)))
  (print (list (integerp (hash-table-size table)) (realp (hash-table-rehash-size table)) (<= 0 (hash-table-rehash-threshold table) 1))))

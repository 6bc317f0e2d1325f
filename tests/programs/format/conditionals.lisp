(format t "~[zero~;one~;two~:;many~] ~[zero~;one~] ~[a~:;else~]~%" 1 5 9)
(format t "~:[no~;yes~] ~:[no~;yes~]~%" nil t)
(format t "~@[x=~A ~]~@[y=~A~]~%" nil 5)
(format t "~#[none~;one ~A~;two ~A ~A~:;many~]~%" 'a 'b)

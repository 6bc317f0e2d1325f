(print (list (loop for i from 1 to 5 collect i) (loop for i below 3 collect i) (loop for i from 5 downto 1 by 2 collect i) (loop for i from 10 above 7 by 1 collect i) (loop for i upfrom 3 repeat 2 collect i)))
(terpri)

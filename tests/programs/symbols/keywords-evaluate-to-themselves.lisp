(print (list :a (eq :a ':a) (symbol-value :a) (boundp :b) (constantp :c)))
(print (eq (intern "ZED" "KEYWORD") :zed))
(terpri)

(defun yes (x type) (if (typep x type) 1 0))
(print (list (yes 5 '(integer 0 10)) (yes 11 '(integer 0 10)) (yes 5 '(integer (5) 10)) (yes 5 '(or string integer)) (yes 5 '(and integer (satisfies oddp))) (yes 5 '(not integer)) (yes 'a '(member a b)) (yes 5 '(eql 5)) (yes 255 '(unsigned-byte 8)) (yes 256 '(unsigned-byte 8)) (yes -129 '(signed-byte 8))))
(print (list (yes '(1 . "x") '(cons integer string)) (yes 1.5 '(float 1.0 2.0)) (yes nil 'null) (yes nil 'list) (yes nil 'boolean) (yes t 'boolean) (yes #\a 'standard-char) (yes 5 '(mod 5)) (yes 1 'bit) (yes 1/2 '(rational 0 1)) (yes 5 t) (yes 5 nil)))
(terpri)

(let ((*read-suppress* t))
  (dolist (text '("#'car x" "#garbage x" "#3x(1) y" "foo::bar:baz" "#.(error \"no\") z"))
    (print (read-from-string text))))

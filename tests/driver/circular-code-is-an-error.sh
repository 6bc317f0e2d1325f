printf '(print (quote #1=(a . #1#)))\n(print (length #2=(1 . #2#)))\n' > x.lisp
timeout 10 rook build x.lisp -o x

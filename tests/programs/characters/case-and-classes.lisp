(print (list (char-upcase #\a) (char-downcase #\A) (char-upcase #\1) (upper-case-p #\A) (lower-case-p #\A) (both-case-p #\a) (both-case-p #\1)))
(print (list (alpha-char-p #\a) (alpha-char-p #\1) (alphanumericp #\1) (digit-char-p #\7) (digit-char-p #\a) (digit-char-p #\f 16) (digit-char-p #\9 8) (graphic-char-p #\Space) (graphic-char-p #\Newline)))
(print (list (digit-char 7) (digit-char 11 16) (digit-char 11)))
(terpri)

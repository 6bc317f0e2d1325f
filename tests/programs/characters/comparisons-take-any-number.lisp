(print (list (char= #\a #\a #\a) (char< #\a #\b #\c) (char< #\a #\c #\b) (char/= #\a #\b #\a) (char>= #\c #\c #\a)))
(print (list (char-equal #\a #\A) (char-lessp #\a #\B) (char-greaterp #\b #\A) (char-not-equal #\a #\A)))
(terpri)

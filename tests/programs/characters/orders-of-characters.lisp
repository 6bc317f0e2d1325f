(print (list (char<= #\a #\b #\b) (char<= #\b #\a) (char> #\c #\b #\a) (char> #\a #\a)))
(print (list (char-not-greaterp #\a #\B #\b) (char-not-greaterp #\B #\a) (char-not-lessp #\C #\b #\B) (char-not-lessp #\a #\B)))

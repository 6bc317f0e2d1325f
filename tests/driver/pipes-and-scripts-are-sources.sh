mkfifo pipe.lisp
printf '(print (+ 1 2))\n' > pipe.lisp & rook run pipe.lisp; echo
printf '\xef\xbb\xbf(print 4)\n' > mark.lisp; rook run mark.lisp; echo
printf '#!/usr/bin/env rook\n(print 5)\n' > script; chmod +x script; ./script; echo
printf '(print 6)' | rook run -; echo
printf '(print 7)' | rook -

printf '(defun f (x) (list x "a\nb" 1d300 #\\Space :k (quote |odd name|) (quote #:g) (quote (1 . #(2)))))\n' > x.lisp
rook build --verify-ir --emit=hir,mir x.lisp | grep -c .

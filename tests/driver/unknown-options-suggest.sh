rook build x.lisp --emti=hir; echo "exit $?"
rook biuld

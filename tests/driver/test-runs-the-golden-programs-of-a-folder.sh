mkdir -p t/sub
echo '(princ 1)' > t/right.lisp; printf 1 > t/right.out
echo '(princ "<2>")' > t/wrong.lisp; echo '<1>' > t/wrong.out
echo '(princ (read-line))' > t/sub/input.lisp; echo hello > t/sub/input.in; printf hello > t/sub/input.out
echo '(ext:quit 3)' > t/sub/code.lisp; echo 3 > t/sub/code.exit
echo '(error "no")' > t/sub/fails.lisp; printf '' > t/sub/fails.out
echo '(loop)' > t/sub/endless.lisp; printf '' > t/sub/endless.out
echo '(princ 3)' > t/new.lisp
rook test t/right.lisp t/sub/input.lisp t/sub/code.lisp --modes=memory,native; echo "exit $?"
rook test --time-limit 1 --junit results.xml t | grep -v '^repeat with'; echo "exit ${PIPESTATUS[0]}"
sed -E 's/ time="[0-9.]*"//; /repeat with/d' results.xml
rook test t/new.lisp; echo "exit $?"
rook test --bless t/new.lisp; cat t/new.out; echo
rook test --bless t/missing.lisp; echo "exit $?"
rook test nowhere; echo "exit $?"
mkdir empty; rook test empty; echo "exit $?"
rook test --time-limit 0 t; echo "exit $?"
rook test --junit /nowhere/x.xml t/right.lisp; echo "exit $?"

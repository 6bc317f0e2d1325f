printf '(print 1)\n' > x.lisp
rook build --time-passes x.lisp -o x 2>&1 | awk '$2 == "ms" { print $3 }' | grep -xE 'expand|build-mir|infer-types|codegen'
./x

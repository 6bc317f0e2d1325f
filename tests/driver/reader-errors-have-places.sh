# What stands on each line is a whole file of its own.
while IFS= read -r text; do
    printf '%s' "$text" > x.lisp
    rook run x.lisp > out 2>&1
    echo "exit $?: $(sed -n '1p;2s/.*--> //p' out | paste -sd ' ')"
done <<'END'
(a
)
"abc
#|x
#<foo>
#\foo
(print zork:a)
cl:zork
#q
(a . )
( . a)
(a . b c)
(a . b . c)
1/0
#+
#1#
#0=#0#
##
#C(1)
#S(zork)
#S(1)
#P1
#.(error "x")
#.(
#2A(1 2)
#2A((1) (1 2))
#*12
#2(1 2 3)
,a
`(,@a . ,@b)
a:b:c
:::a
cl-user::
#:a:b
|abc
'
#x1G
#37r1
.
...
1e999
END

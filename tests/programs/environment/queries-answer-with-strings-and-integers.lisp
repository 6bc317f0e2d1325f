(print (list (stringp (lisp-implementation-type)) (stringp (lisp-implementation-version)) (integerp (get-universal-time)) (integerp (get-internal-real-time)) (integerp (get-internal-run-time)) (plusp internal-time-units-per-second)))
(print (>= (get-internal-real-time) 0))
(terpri)

(print (list (make-sequence 'list 2 :initial-element 'x) (make-sequence 'vector 2 :initial-element 0) (make-sequence 'string 2 :initial-element #\z)))
(print (list (coerce '(1 2) 'vector) (coerce #(1 2) 'list) (coerce "ab" 'list) (coerce '(#\a #\b) 'string) (coerce "a" 'character) (coerce 'x 't)))
(terpri)

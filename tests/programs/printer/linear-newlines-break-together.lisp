;;; When a block does not fit on its line, all of its linear newlines break; a block that fits stays
;;; on one line.
(defun show (list margin)
  (let ((*print-pretty* t) (*print-right-margin* margin) (*print-miser-width* nil))
    (pprint-linear *standard-output* list)
    (terpri)))
(show '(one two three) 40)
(show '(one two three) 10)
(show '(one (two three) four) 12)
(let ((*print-pretty* nil))
  (pprint-linear *standard-output* '(one two three)))
(terpri)

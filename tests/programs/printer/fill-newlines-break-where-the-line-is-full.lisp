(let ((*print-pretty* t) (*print-right-margin* 20) (*print-miser-width* nil))
  (pprint-fill *standard-output* '(a bb ccc dddd eeeee ffffff ggggggg) t)
  (terpri)
  (pprint-fill *standard-output* '(a bb ccc dddd eeeee ffffff ggggggg) nil)
  (terpri)
  ;; After a part that took several lines a fill newline breaks, even where there is room.
  (pprint-fill *standard-output* '((aaaaaaa bbbbbbb ccccccc) d e))
  (terpri))

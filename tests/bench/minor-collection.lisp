;;; Minor collections that find nothing new, over 64 MB of old conses.
(defvar *old* (make-list 4000000 :initial-element nil))
#+sbcl (sb-ext:gc :full t)
#+rook (ext:gc)
(dotimes (i 8000)
  #+sbcl (sb-ext:gc :gen 0)
  #+rook (ext:gc nil))
(print (length *old*))

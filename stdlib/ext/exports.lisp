(in-package "ROOK-KERNEL")

;;;; The names that the package EXT exports and that the files after this one define.

(defun %export-names (package names)
  ;; Interns and exports NAMES, strings.
  (let ((package (find-package package)))
    (dolist (name names)
      (export (list (intern name package)) package))))

(%export-names
 "EXT"
 '("STACK-OVERFLOW" "STACK-OVERFLOW-TYPE" "STACK-OVERFLOW-SIZE"
   "STORAGE-EXHAUSTED" "STORAGE-EXHAUSTED-BYTES-REQUESTED" "STORAGE-EXHAUSTED-LIMIT"
   "INTERRUPT" "INDEX-OUT-OF-BOUNDS" "INDEX-OUT-OF-BOUNDS-SEQUENCE" "FOREIGN-ERROR" "RETURN-VALUE"
   "QUIT" "EXIT" "GETENV" "COMMAND-ARGS" "GC"))

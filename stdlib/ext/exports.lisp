(in-package "ROOK-KERNEL")

;;;; The names that the packages EXT and FFI export and that the files after this one define.

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
   "QUIT" "EXIT" "GETENV" "COMMAND-ARGS" "GC" "GC-STATS"))

(%export-names
 "FFI"
 '("EXTERNAL-CALL" "FF-CALL" "DEF-FUNCTION" "DEFCALLBACK" "MAKE-CALLBACK" "FREE-CALLBACK"
   "FOREIGN-POINTER" "POINTERP" "MAKE-POINTER" "POINTER-ADDRESS" "ALLOCATE" "FREE" "REF" "COPY"
   "SIZE-OF-FOREIGN-TYPE" "C-STRING" "MAKE-C-STRING" "SYMBOL-ADDRESS" "LOAD-FOREIGN-LIBRARY"
   "UNLOAD-FOREIGN-LIBRARY"))

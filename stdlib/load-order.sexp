;;;; Files of the library in the order in which they are compiled and loaded.
;;;; A file may use the macros and expansion-time functions of the files before it.
("kernel/object-kinds"
 "kernel/lists"
 "symbols/gensym"
 "iteration/do"
 "data-and-control-flow/control"
 "kernel/lambda-lists"
 "data-and-control-flow/setf-expansion"
 "data-and-control-flow/setf"
 "data-and-control-flow/standard-places"
 "kernel/inline-functions"
 "kernel/layouts"
 "cons/accessors"
 "cons/mapping"
 "cons/association"
 "cons/trees"
 "cons/sets"
 "symbols/symbols")

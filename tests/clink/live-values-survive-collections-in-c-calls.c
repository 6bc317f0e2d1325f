#include <rook.h>
/* The seed's program has its collections in Lisp; here C asks for them. */
rook_value call_from_c(rook_value f) { return rook_funcall(f, 0, NULL); }

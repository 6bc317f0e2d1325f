#include <rook.h>

/* Each level is a Lisp function that calls C, which calls the next level. */
rook_value by_funcall(rook_value next, rook_value level, rook_value kept) {
    gc_push_segment(&kept, 2);
    gc_set_retained(0, kept);
    rook_value args[2] = {level, kept};
    rook_value result = rook_funcall(next, 2, args);
    gc_pop_segment();
    return result;
}

static long passed_cleanups;
rook_value by_call(rook_value next, rook_value level, rook_value kept) {
    ROOK_SEGMENT(1);
    gc_set_retained(0, kept);
    rook_value args[2] = {level, kept}, result;
    if (rook_call(next, 2, args, &result) == ROOK_EXIT) passed_cleanups++;
    return rook_eq(kept, rook_retained(0)) ? result : rook_nil_value();
}
long exits_seen(void) { return passed_cleanups; }

rook_value by_callback(rook_value (*next)(rook_value, rook_value), rook_value level, rook_value kept) {
    return next(level, kept);
}

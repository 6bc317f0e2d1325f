#include <rook.h>
#include <stdio.h>

static int open_segments_are_nil;

/* The seed's function: two retained values, a call of Lisp that collects. */
rook_value callable_from_lisp(rook_value a, rook_value b, rook_value collect) {
    gc_push_segment(&b, 2);
    open_segments_are_nil = rook_is_nil(rook_retained(0)) && rook_is_nil(rook_retained(1));
    gc_set_retained(0, a);
    gc_set_retained(1, b);
    gc_prepare_call(0);
    rook_funcall(collect, 0, NULL);
    bool in_place = rook_eq(rook_retained(0), a) && rook_eq(rook_retained(1), b);
    rook_value result = rook_cons(rook_bool(in_place), rook_cons(a, rook_cons(b, rook_nil_value())));
    gc_pop_segment();
    return result;
}
bool slots_started_as_nil(void) { return open_segments_are_nil; }

/* A fresh cons that only a C variable and an integer that looks like it know: it is garbage. Gives what
 * `weak`, called with the cons, makes of it. */
rook_value lose_cons(rook_value weak, rook_value collect) {
    ROOK_SEGMENT(1);
    rook_value lost = rook_cons(rook_int64(1), rook_nil_value());
    volatile uint64_t looks_like_it = lost.bits;
    gc_set_retained(0, rook_funcall(weak, 1, &lost));
    rook_funcall(collect, 0, NULL);
    (void)looks_like_it;
    return rook_retained(0);
}

/* The scope macro, nested, left by every way C has. */
int leave_scopes(rook_value collect, int way) {
    ROOK_SEGMENT(3);
    gc_set_retained(2, rook_string("outer"));
    for (int i = 0; i < 3; i++) {
        ROOK_SEGMENT(1);
        gc_set_retained(0, rook_int64(i));
        rook_funcall(collect, 0, NULL);
        if (way == 0) continue;
        if (way == 1) break;
        if (way == 2) return i;
        if (way == 3) goto out;
    }
    char text[8];
    return rook_to_utf8(rook_retained(2), text, sizeof text) == 5 ? 10 : -1;
out:
    return rook_to_utf8(rook_retained(2), NULL, 0) == 5 ? 11 : -1;
}

/* Leaves segments of both kinds open over an exit of the Lisp function. */
rook_value segments_over_exit(rook_value f) {
    ROOK_SEGMENT(2);
    gc_push_segment(NULL, 100);
    gc_push_segment(NULL, 1);
    gc_set_retained(0, f);
    return rook_funcall(f, 0, NULL);
}

/* The same, but C sees the exit and cleans up. */
static int cleanups;
int cleanups_run(void) { return cleanups; }
rook_value cleans_up(rook_value f) {
    ROOK_SEGMENT(1);
    rook_value result;
    if (rook_call(f, 0, NULL, &result) == ROOK_EXIT) {
        cleanups++;
        return rook_nil_value();
    }
    return result;
}
rook_value drops_exit(rook_value f) {
    rook_value result;
    if (rook_call(f, 0, NULL, &result) == ROOK_EXIT && rook_drop_exit()) return rook_keyword("DROPPED");
    return result;
}

/* Many values at once: a list of 0 to n-1, each link made while Lisp collects. */
rook_value list_in_segments(int n, rook_value collect) {
    gc_push_segment(NULL, 1);
    for (int i = n - 1; i >= 0; i--) {
        gc_set_retained(0, rook_cons(rook_int64(i), rook_retained(0)));
        if (i % 100 == 0) rook_funcall(collect, 0, NULL);
    }
    rook_value list = rook_retained(0);
    gc_pop_segment();
    return list;
}

static rook_value global;
static rook_handle handle;
void keep_in_global(rook_value v) {
    rook_global(&global);
    global = v;
    handle = rook_handle_new(v);
}
rook_value kept_in_global(void) { return rook_cons(global, rook_handle_get(handle)); }
void release_global(void) {
    rook_global_release(&global);
    rook_handle_free(handle);
}

/* A Lisp function in C, with any number of arguments, that calls Lisp for each. */
static rook_value map_c(int nargs, rook_value *args) {
    ROOK_SEGMENT(1);
    for (int i = nargs - 1; i > 0; i--) {
        rook_value one = rook_funcall(args[0], 1, &args[i]);
        gc_set_retained(0, rook_cons(one, rook_retained(0)));
    }
    return rook_retained(0);
}
void define_functions(void) { rook_define("MAP-C", NULL, map_c, 1, -1); }

/* No Lisp file at all: C uses Lisp data and the collector. */
#include <rook.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (rook_boot(argc, (const char *const *)argv)) return 1;
    ROOK_SEGMENT(1);
    for (int i = 0; i < 100000; i++) {
        rook_value list = rook_nil_value();
        for (int k = 0; k < 5; k++) list = rook_cons(rook_int64(k), list);
        if (i % 1000 == 0) gc_set_retained(0, rook_cons(list, rook_retained(0)));
        if (i % 5000 == 0) rook_call(rook_intern("GC", "EXT"), 0, NULL, NULL);
    }
    int64_t kept = 0, n;
    for (rook_value at = rook_retained(0); !rook_is_nil(at); at = rook_cdr(at))
        for (rook_value l = rook_car(at); !rook_is_nil(l); l = rook_cdr(l))
            kept += rook_to_int64(rook_car(l), &n) ? n : 1000000;
    printf("%lld\n", (long long)kept);
    rook_shutdown();
    return 0;
}

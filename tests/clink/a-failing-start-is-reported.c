#include <rook.h>
#include <stdio.h>

/* What the top-level forms of a program do wrong is reported where C starts Lisp. */
int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("boot %d\n", rook_boot(argc, (const char *const *)argv));
    rook_value result = rook_nil_value();
    int64_t n = 0;
    int status = rook_call(rook_intern("STILL-THERE", NULL), 0, NULL, &result);
    rook_to_int64(result, &n);
    printf("call %d: %lld\n", status, (long long)n);
    return 0;
}

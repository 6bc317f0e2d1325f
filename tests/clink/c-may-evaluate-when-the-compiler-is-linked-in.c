#include <rook.h>
#include <stdio.h>

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    if (rook_boot(argc, (const char *const *)argv)) return 1;
    rook_value result;
    int64_t n = 0;
    int status = rook_eval("(progn (defun square (x) (* x x)) (reduce #'+ (mapcar #'square '(1 2 3))))", &result);
    rook_to_int64(result, &n);
    printf("%d %lld\n", status, (long long)n);
    printf("%d\n", rook_eval("(car 'x)", &result));
    printf("%d\n", rook_eval("(oops", &result));
    printf("%d\n", rook_eval("(throw 'nowhere 1)", &result));
    status = rook_eval("(catch 'here (throw 'here 5))", &result);
    rook_to_int64(result, &n);
    printf("%d %lld\n", status, (long long)n);
    rook_shutdown();
    return 0;
}

#include <rook.h>
#include <stdio.h>

typedef int (*unary)(int);

static void *pointer(const char *name) {
    rook_value address;
    uint64_t word = 0;
    rook_call(rook_intern(name, NULL), 0, NULL, &address);
    rook_to_uint64(address, &word);
    return (void *)(uintptr_t)word;
}

/* A callback that C's own main calls: no Lisp code waits that an error could go on in. */
int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("boot %d\n", rook_boot(argc, (const char *const *)argv));
    unary half = (unary)pointer("HALF-POINTER"), text = (unary)pointer("TEXT-POINTER");
    unary quiet = (unary)pointer("QUIET-POINTER");
    printf("half of 8: %d\n", half(8));
    printf("half of 7: %d\n", half(7));
    printf("half of 6: %d\n", half(6));
    printf("text: %d\n", text(1));
    int sum = 0;
    for (int i = 0; i < 10000; i++)
        sum += quiet(i);
    printf("handled: %d\n", sum);

    /* rook_call gives the error to its caller, as before, also when it came through a callback. */
    rook_value argument = rook_int64(7), result;
    int status = rook_call(rook_intern("HALF", NULL), 1, &argument, &result);
    printf("call: %d\n", status);
    status = rook_call(rook_intern("THROUGH-C", NULL), 1, &argument, &result);
    printf("through C: %d\n", status);
    printf("half of 4: %d\n", half(4));
    printf("exit waits: %d\n", rook_drop_exit());
    printf("funcall:\n");
    rook_funcall(rook_intern("HALF", NULL), 1, &argument);
    printf("not reached\n");
}

int call_unary(unary f, int n) { return f(n); }

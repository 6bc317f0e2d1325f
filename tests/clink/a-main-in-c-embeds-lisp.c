#include <rook.h>
#include <stdio.h>
#include <string.h>

static rook_value symbol(const char *name) { return rook_intern(name, NULL); }

static rook_value c_add(int nargs, rook_value *args) {
    int64_t sum = 0, n;
    for (int i = 0; i < nargs; i++)
        if (rook_to_int64(args[i], &n)) sum += n;
    return rook_int64(sum);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("before: running %d\n", rook_is_running());
    int status = rook_boot(argc, (const char *const *)argv);
    printf("boot %d, again %d, running %d, in lisp %d\n", status, rook_boot(argc, (const char *const *)argv),
           rook_is_running(), rook_in_lisp());

    /* Calls. */
    rook_value args[2] = {rook_int64(20), rook_int64(22)}, result;
    int64_t n = 0;
    status = rook_call(symbol("ADD"), 2, args, &result);
    printf("call %d, fits %d", status, rook_to_int64(result, &n));
    printf(", %lld\n", (long long)n);

    /* Errors that nobody handles end the call. */
    for (int i = 0; i < 3; i++) {
        status = rook_call(symbol("FAIL"), 1, args, &result);
        rook_value text;
        char buffer[100];
        gc_push_segment(NULL, 1);
        gc_set_retained(0, result);
        rook_call(symbol("REPORT"), 1, &result, &text);
        rook_to_utf8(text, buffer, sizeof buffer);
        gc_pop_segment();
        printf("error %d: %s\n", status, buffer);
    }
    status = rook_call(symbol("THERE-IS-NO-SUCH-FUNCTION"), 0, NULL, &result);
    printf("undefined function: %d\n", status);
    status = rook_call(rook_int64(5), 0, NULL, &result);
    printf("no function: %d\n", status);
    status = rook_call(symbol("ADD"), 1, args, &result);
    printf("wrong count: %d\n", status);

    /* The same when it passes over C frames that Lisp called. */
    rook_define("C-ADD", NULL, c_add, 0, -1);
    status = rook_call(symbol("APPLY-C-ADD"), 1, args, &result);
    rook_to_int64(result, &n);
    printf("through C %d: %lld\n", status, (long long)n);

    /* Data kept over collections. */
    rook_handle handle = rook_handle_new(rook_string("handle"));
    static rook_value global;
    rook_global(&global);
    global = rook_cons(rook_string("global"), rook_nil_value());
    {
        ROOK_SEGMENT(2);
        gc_set_retained(0, rook_vector(3));
        rook_value vector = rook_retained(0);
        rook_vector_set(vector, 1, rook_handle_get(handle));
        for (int i = 0; i < 100; i++) {
            rook_call(symbol("CHURN"), 0, NULL, NULL);
            rook_vector_set(vector, 2, rook_int64(i));
        }
        rook_vector_set(vector, 0, global);
        rook_call(symbol("SHOW"), 1, &vector, NULL);
    }
    rook_handle_free(handle);
    rook_global_release(&global);

    /* Deep recursion in Lisp on C's stack is a condition. */
    for (int i = 0; i < 3; i++) {
        status = rook_call(symbol("RECURSE"), 1, args, &result);
        printf("recursion %d\n", status);
    }
    rook_value variable;
    printf("variable %d", rook_symbol_value(symbol("*COUNTER*"), &variable));
    rook_to_int64(variable, &n);
    printf(" %lld\n", (long long)n);
    rook_set_symbol_value(symbol("*COUNTER*"), rook_int64(7));
    rook_call(symbol("COUNTER"), 0, NULL, &result);
    rook_to_int64(result, &n);
    printf("counter %lld\n", (long long)n);
    rook_shutdown();
    printf("after: running %d\n", rook_is_running());
    return 3;
}

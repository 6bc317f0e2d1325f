#include <rook.h>

typedef double (*mixed)(int8_t, double, uint16_t, float, int64_t, double, uint8_t, double, int32_t, float, uint64_t,
                        double, int16_t, double, double, double, double, float);
double call_mixed(mixed f) {
    return f(-1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18.5f);
}

typedef int (*unary)(int);
static int last_result;
int sum_of_calls(unary f, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += last_result = f(i);
    return sum;
}
int last_call_gave(void) { return last_result; }

int8_t call_i8(int8_t (*f)(int8_t), int8_t n) { return f(n); }
uint64_t call_u64(uint64_t (*f)(uint64_t), uint64_t n) { return f(n); }
const char *call_string(const char *(*f)(const char *), const char *s) { return f(s); }
bool call_bool(bool (*f)(bool), bool b) { return f(b); }
float call_float(float (*f)(float), float x) { return f(x); }
rook_value call_value(rook_value (*f)(rook_value), rook_value v) { return f(v); }
void call_void(void (*f)(void)) { f(); }

/* Callbacks inside callbacks, with a double that must survive in a register of the caller's choice. */
double nested(double (*f)(double (*)(int), int), double (*self)(int), int depth) {
    double kept = depth * 1.5;
    return depth ? kept + f(self, depth - 1) : 0;
}

/* Callee-saved registers must come back from Lisp as they were. */
int saves_registers(unary f) {
    register uint64_t a __asm__("rbx") = 0x1111;
    register uint64_t b __asm__("r12") = 0x2222;
    register uint64_t c __asm__("r13") = 0x3333;
    register uint64_t d __asm__("r14") = 0x4444;
    register uint64_t e __asm__("r15") = 0x5555;
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
    f(1);
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
    return a == 0x1111 && b == 0x2222 && c == 0x3333 && d == 0x4444 && e == 0x5555;
}

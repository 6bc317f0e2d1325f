#include <float.h>
#include <math.h>
#include <rook.h>
#include <stdio.h>
#include <string.h>

int8_t next_i8(int8_t n) { return (int8_t)(n + 1); }
int16_t next_i16(int16_t n) { return (int16_t)(n + 1); }
int32_t next_i32(int32_t n) { return n + 1; }
int64_t next_i64(int64_t n) { return n + 1; }
uint8_t next_u8(uint8_t n) { return (uint8_t)(n + 1); }
uint16_t next_u16(uint16_t n) { return (uint16_t)(n + 1); }
uint32_t next_u32(uint32_t n) { return n + 1; }
uint64_t next_u64(uint64_t n) { return n + 1; }
float half_f(float x) { return x / 2; }
double half_d(double x) { return x / 2; }
bool not_b(bool b) { return !b; }

/* Results whose upper bits are garbage, as C allows. */
uint64_t dirty_i8(void) { return 0xdeadbeefcafe00ffu; }
uint64_t dirty_u16(void) { return 0xdeadbeefcafeffffu; }
uint64_t dirty_bool(void) { return 0xdeadbeefcafe0000u; }

/* More arguments of both kinds than there are registers. */
double sum(int8_t a, double b, uint16_t c, float d, int64_t e, double f, uint8_t g, double h, int32_t i, float j,
           uint64_t k, double l, int16_t m, double n, double o, double p, double q, float r) {
    return a + b + c + d + (double)e + f + g + h + i + j + (double)k + l + m + n + o + p + q + r;
}

static char buffer[256];
const char *greet(const char *name, const char *other) {
    snprintf(buffer, sizeof buffer, "hello, %s and %s", name ? name : "nobody", other ? other : "nobody");
    return buffer;
}
const char *no_string(void) { return NULL; }

static int32_t cells[3] = {7, 8, 9};
int32_t *address_of_cell(int i) { return i < 0 ? NULL : &cells[i]; }
int32_t cell_at(const int32_t *p) { return p ? *p : -1; }

rook_value same(rook_value v) { return v; }
rook_value pair(rook_value a, double x, rook_value b) {
    return rook_cons(a, rook_cons(rook_double(x), rook_cons(b, rook_nil_value())));
}

static int calls;
void count_call(void) { calls++; }
int counted_calls(void) { return calls; }

double (*pointer_to_half(void))(double) { return half_d; }

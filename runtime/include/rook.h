/* The C interface of Rook.
 *
 * Values. A rook_value is one Lisp object or immediate. The collector moves objects, so a value in a C
 * variable is good only until C calls Lisp (rook_call, rook_funcall, rook_eval); making
 * objects with the functions below never collects. What C needs after a call it keeps
 *   - in a segment: open one with ROOK_SEGMENT(n) or gc_push_segment, and gc_set_retained the values.
 *     What a segment retains stays alive and stays where it is, so the C variable remains good;
 *   - in a handle or a global variable: alive, but read it again after each call.
 *
 * Exits. An error that is handled further out, or a throw, may want to leave Lisp code that C called.
 * rook_call stops it and returns ROOK_EXIT: C cleans up and returns, and the exit goes on; or drops it
 * with rook_drop_exit. rook_funcall lets it pass over the C frames like longjmp. Either way open
 * segments of the frames that are left are popped.
 *
 * Errors. Where C booted the runtime, an error that nobody handles ends the outermost call that C made.
 * rook_call gives the condition to its caller. From any other call it is reported on standard error, with
 * a backtrace; then a callback returns its error value, rook_boot ROOK_ERROR, and rook_funcall, which has
 * no way to say that it failed, ends the process.
 *
 * Threads. All functions belong to the thread that called rook_boot, or that runs the Lisp program.
 */
#ifndef ROOK_H
#define ROOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rook_value {
    uint64_t bits;
} rook_value;

/* Starting and ending. A linked Lisp program has done both itself, unless the `main` is C's: `rook build
 * app.lisp main.c -o app` leaves Lisp's out when C has one. */

/* Runs the top-level code that is linked in. 0 when started, -1 when the process has a runtime already,
 * ROOK_ERROR when top-level code failed, which has been reported. */
int rook_boot(int argc, const char *const *argv);
void rook_shutdown(void);
bool rook_is_running(void);
/* Whether C was called by Lisp. */
bool rook_in_lisp(void);
/* The entry of a linked program: what its main does. Does not return. */
int rook_main(int argc, const char *const *argv);

/* Constants, numbers, characters. */

rook_value rook_nil_value(void);
rook_value rook_t_value(void);
rook_value rook_bool(bool b);
rook_value rook_int64(int64_t n);
rook_value rook_uint64(uint64_t n);
rook_value rook_double(double f);
/* NIL when the code point is none. */
rook_value rook_character(uint32_t code_point);

/* These answer whether the value fits; then *out is set. */
bool rook_to_int64(rook_value v, int64_t *out);
bool rook_to_uint64(rook_value v, uint64_t *out);
bool rook_to_double(rook_value v, double *out);

static inline bool rook_eq(rook_value a, rook_value b) { return a.bits == b.bits; }
static inline bool rook_is_nil(rook_value v) { return rook_eq(v, rook_nil_value()); }

enum {
    ROOK_KIND_NIL = 0,
    ROOK_KIND_INTEGER = 1,
    ROOK_KIND_FLOAT = 2,
    ROOK_KIND_CONS = 3,
    ROOK_KIND_SYMBOL = 4,
    ROOK_KIND_STRING = 5,
    ROOK_KIND_CHARACTER = 6,
    ROOK_KIND_FUNCTION = 7,
    ROOK_KIND_VECTOR = 8,
    ROOK_KIND_POINTER = 9,
    ROOK_KIND_OTHER = 10
};
int rook_kind(rook_value v);

/* Strings, in UTF-8. */

rook_value rook_string(const char *text);
rook_value rook_string_n(const char *bytes, size_t size);
/* Text of a simple string or of a symbol's name: copies what fits with a NUL into buffer and gives the
 * bytes of the whole text without it; -1 for other values. */
int64_t rook_to_utf8(rook_value v, char *buffer, size_t capacity);

/* Lists and simple vectors. Readers give NIL, writers false, where there is no such place. */

rook_value rook_cons(rook_value car, rook_value cdr);
rook_value rook_car(rook_value list);
rook_value rook_cdr(rook_value list);
bool rook_set_car(rook_value cons, rook_value car);
bool rook_set_cdr(rook_value cons, rook_value cdr);
/* Length of a proper list, a simple vector or a simple string; -1 for other values. */
int64_t rook_length(rook_value v);
rook_value rook_vector(uint32_t size);
rook_value rook_vector_ref(rook_value vector, uint64_t i);
bool rook_vector_set(rook_value vector, uint64_t i, rook_value element);

/* Symbols. Names are as after reading, so usually in upper case; a null package is COMMON-LISP-USER. */

rook_value rook_intern(const char *name, const char *package);
rook_value rook_keyword(const char *name);
/* Whether the variable has a value; then *out is set. */
bool rook_symbol_value(rook_value symbol, rook_value *out);
bool rook_set_symbol_value(rook_value symbol, rook_value value);

/* Calls. A function is a function object or a symbol. */

enum {
    /* *result is the primary value. */
    ROOK_OK = 0,
    /* An exit waits: it goes on when C returns to Lisp, or with rook_continue_exit. */
    ROOK_EXIT = 1,
    /* Nobody handled an error; *result is the condition. Only where C booted the runtime. */
    ROOK_ERROR = 2
};
int rook_call(rook_value function, int nargs, const rook_value *args, rook_value *result);
/* Reads and evaluates the first form of source. */
int rook_eval(const char *source, rook_value *result);
rook_value rook_funcall(rook_value function, int nargs, const rook_value *args);
void rook_continue_exit(void) __attribute__((noreturn));
bool rook_drop_exit(void);

/* Makes name a Lisp function that is written in C and takes minimum to maximum arguments (-1: any
 * number). The arguments are retained while it runs. Gives the symbol. */
typedef rook_value (*rook_function)(int nargs, rook_value *args);
rook_value rook_define(const char *name, const char *package, rook_function function, int minimum, int maximum);

/* Handles and global variables. */

typedef struct rook_handle_slot *rook_handle;
rook_handle rook_handle_new(rook_value v);
rook_value rook_handle_get(rook_handle handle);
void rook_handle_set(rook_handle handle, rook_value v);
void rook_handle_free(rook_handle handle);
/* Sets the variable to NIL and makes it a root until it is released. */
void rook_global(rook_value *variable);
void rook_global_release(rook_value *variable);

/* Segments. */

/* Opens a segment with so many slots, all NIL. The address is for compatibility and may be null. */
void gc_push_segment(void *last_argument, int retained);
/* Slot i of the innermost segment. */
void gc_set_retained(int i, rook_value v);
rook_value rook_retained(int i);
/* Announces a call of Lisp with so many arguments; a segment must be open. */
void gc_prepare_call(int nargs);
void gc_pop_segment(void);

struct rook_segment {
    struct rook_segment *previous;
    rook_value *slots;
    uint64_t count;
    uint64_t flags;
};
void rook_segment_enter(struct rook_segment *segment, rook_value *slots, uint64_t count);
void rook_segment_leave(struct rook_segment *segment);

/* Opens a segment of n slots, n a constant above 0, that is closed at the end of the scope. */
#define ROOK_SEGMENT(n)                                                                  \
    rook_value rook_segment_slots_[n];                                                   \
    struct rook_segment rook_segment_ __attribute__((cleanup(rook_segment_leave)));      \
    rook_segment_enter(&rook_segment_, rook_segment_slots_, (n))

#ifdef __cplusplus
}
#endif

#endif

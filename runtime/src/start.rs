//! Start and end of a program: the C entry `rook_main`, booting, running the image, exit codes.
//!
//! What a program does when an error is unhandled is Lisp's business (`rook-kernel::%toplevel`). Must
//! not run Lisp before the image, the packages and the streams stand.

use crate::abi::frame::ImageHeader;
use crate::abi::layout::{self, FUNCTION_UNDEFINED, kind};
use crate::abi::tags::{ERROR_MARK, FUNCTION_TAG};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::control::{Exit, anchored_thunk, binding, call_lisp, raise, resume};
use crate::object::package;
use crate::object::symbol::{symbol_function, symbol_text, well_known};
use crate::stack::frame_table;
use crate::os::allocator;
use crate::thread::{self, EXIT_FAILURE, fatal_error, safepoint, signals, stack};
use crate::value::{Value, nil};
use crate::{heap, io, reader};
use std::ffi::{CStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();
static OWNS_PROCESS: AtomicBool = AtomicBool::new(true);
static MAIN_CONTEXT: AtomicPtr<ThreadContext> = AtomicPtr::new(std::ptr::null_mut());

/// What the Lisp side runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StackKind {
    /// A mapping of our own; Lisp runs inside `thread::stack::run_on_lisp_stack`.
    Mapped,
    /// The stack of the thread that boots: for C programs that embed the runtime.
    Adopted,
}

/// The context of the thread that booted, or null.
pub fn main_context() -> *mut ThreadContext {
    MAIN_CONTEXT.load(Ordering::Acquire)
}

/// Whether the process is a Lisp program; false when C embeds the runtime. Then errors that nobody
/// handles end the call from C, not the process.
pub fn is_process_owner() -> bool {
    OWNS_PROCESS.load(Ordering::Acquire)
}

/// Makes the runtime ready: context, heap, stack, packages and symbols, standard streams. A process has
/// one runtime; `None` when it was booted before.
pub fn boot(kind: StackKind) -> Option<*mut ThreadContext> {
    if !main_context().is_null() {
        return None;
    }
    let ctx = Box::into_raw(thread::create());
    if MAIN_CONTEXT.compare_exchange(std::ptr::null_mut(), ctx, Ordering::AcqRel, Ordering::Acquire).is_err() {
        // SAFETY: made above, and nobody else has seen it.
        drop(unsafe { Box::from_raw(ctx) });
        return None;
    }
    OWNS_PROCESS.store(kind == StackKind::Mapped, Ordering::Release);
    if kind == StackKind::Mapped {
        io::table::fill_standard_descriptors();
    }
    thread::set_current(ctx);
    thread::mask_float_traps();
    // SAFETY: the context was leaked for the life of the process and is used by this thread alone.
    let context = unsafe { &mut *ctx };
    match kind {
        StackKind::Mapped => stack::map(context),
        StackKind::Adopted => stack::adopt(context),
    }
    heap::space::attach(context);
    allocator::tell_refusals(note_refusal);
    match frame_table::image() {
        // SAFETY: the header was written by the prelink step of this program.
        Some(image) => unsafe {
            if let Some(prepare) = image.prepare {
                prepare();
            }
            package::boot_from_image(context, image)
        },
        None => package::boot_without_image(context),
    }
    io::lisp_stream::init_standard_streams(context);
    reader::init_variables(context);
    Some(ctx)
}

/// The system refused memory: the main thread makes a condition of it.
fn note_refusal() {
    // SAFETY: the main context lives until the process ends.
    unsafe { safepoint::request(main_context(), safepoint::interrupt::MEMORY) };
}

/// What is left of the image to run: index of the next top-level function.
static NEXT_INIT: AtomicUsize = AtomicUsize::new(0);

/// Runs the image's top-level code in order, all of it, until an exit leaves one of its functions.
pub fn run_init_functions(ctx: &mut ThreadContext, image: &ImageHeader) -> Result<(), Exit> {
    while let Some(function) = next_init(image) {
        call_lisp(ctx, function, &[])?;
    }
    Ok(())
}

fn next_init(image: &ImageHeader) -> Option<Value> {
    let i = NEXT_INIT.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the header tells how many tagged function objects lie there.
    (i < image.init_function_count as usize).then(|| Value(unsafe { *image.init_functions.add(i) }))
}

/// Runs the program: its top-level code and its entry function. As soon as the library can take charge
/// of unhandled errors, the rest runs under `rook-kernel::%toplevel`.
fn run_program(ctx: &mut ThreadContext, image: &ImageHeader) {
    while !has_toplevel(ctx) {
        let Some(function) = next_init(image) else { break };
        call_or_end(ctx, function, &[]);
    }
    let base = heap::allocate(ctx, layout::header(kind::FUNCTION, 1));
    // SAFETY: a fresh function object's first word after the header is its entry.
    unsafe { *base.add(1) = rook_program_entry as *const () as u64 };
    let program = Value(base as u64 | FUNCTION_TAG);
    if has_toplevel(ctx) {
        call_or_end(ctx, well_known(Sym::TOPLEVEL), &[program]);
    } else {
        call_or_end(ctx, program, &[]);
    }
}

/// Whether `%toplevel` is defined and what it binds has a value.
fn has_toplevel(ctx: &ThreadContext) -> bool {
    let function = symbol_function(well_known(Sym::TOPLEVEL));
    function.is_function()
        && function.header_word() & FUNCTION_UNDEFINED == 0
        && [Sym::RESTART_CLUSTERS, Sym::HANDLER_CLUSTERS]
            .into_iter()
            .all(|id| binding::well_known_value(ctx, id) != Value::UNBOUND)
}

// General entry of the function that runs the rest of the program.
anchored_thunk!(
    "rook_program_entry",
    run_rest,
    ["cmp rax, {mark}", "je rook_raise_pending", "mov ecx, 1", "ret"],
    mark = const ERROR_MARK
);
unsafe extern "C" {
    fn rook_program_entry();
}

extern "C" fn run_rest(_function: Value) -> Value {
    // SAFETY: only the thread that booted runs the program.
    let ctx = unsafe { &mut *main_context() };
    let Some(image) = frame_table::image() else { return nil() };
    let entry = (image.entry_symbol != 0).then_some(Value(image.entry_symbol));
    let outcome = run_init_functions(ctx, image).and_then(|()| match entry {
        Some(entry) => call_lisp(ctx, entry, &[]),
        None => Ok(nil()),
    });
    match outcome {
        Ok(_) => nil(),
        Err(exit) => {
            resume(ctx, exit);
            Value(ERROR_MARK)
        }
    }
}

/// Calls a function at the bottom of the stack, where every exit ends.
fn call_or_end(ctx: &mut ThreadContext, function: Value, args: &[Value]) {
    if call_lisp(ctx, function, args).is_err() {
        let name = if function.is_symbol() { symbol_text(function) } else { "a top-level function".to_string() };
        raise::clear_pending(ctx);
        complain!("rook: {name} cannot be called");
        exit(EXIT_FAILURE)
    }
}

/// The C entry of a linked program: its `main` does nothing else.
///
/// # Safety
/// `argc` and `argv` are those of the C `main`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_main(argc: i32, argv: *const *const libc::c_char) -> i32 {
    // SAFETY: by the caller's promise there are `argc` C strings.
    let arguments = (0..argc as usize).map(|i| unsafe { CStr::from_ptr(*argv.add(i)).to_bytes().to_vec() });
    set_arguments(arguments.map(OsString::from_vec).collect());
    let Some(ctx) = boot(StackKind::Mapped) else { fatal_error("the runtime was started before") };
    signals::install(ctx);
    let Some(image) = frame_table::image() else { fatal_error("this program carries no Lisp image") };
    // SAFETY: the context was just made for this thread and is used by nobody else.
    stack::run_on_lisp_stack(unsafe { &mut *ctx }, |ctx| {
        run_program(ctx, image);
    });
    exit(0)
}

/// Sets what `command-line-arguments` tells; the first call counts.
pub fn set_arguments(arguments: Vec<OsString>) -> bool {
    ARGUMENTS.set(arguments).is_ok()
}

/// The program's name and arguments.
pub fn arguments() -> &'static [OsString] {
    ARGUMENTS.get().map_or(&[], Vec::as_slice)
}

/// Writes out the streams and ends the process; not with success when output was lost. Finalizers and
/// cleanups are run before, by Lisp.
pub fn exit(code: i32) -> ! {
    let Err(error) = io::table::finish_all() else { std::process::exit(code) };
    complain!("rook: cannot write standard output: {}", error.message());
    std::process::exit(if code == 0 { EXIT_FAILURE } else { code })
}

//! Addresses of the runtime's symbols, and of C functions, for code in memory.

use crate::hash::HashMap;
use std::sync::LazyLock;

use rook_runtime::abi::tags::SYMBOL_TAG;
use rook_runtime::{control, foreign, primitives, value};

unsafe extern "C" {
    fn rook_rt_alloc_slow();
}

static RUNTIME: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let mut symbols: HashMap<String, usize> = HashMap::default();
    symbols.extend(primitives::all().iter().map(|p| (format!("rook_rt_{}", p.name), p.address)));
    symbols.extend(control::runtime_entries().into_iter().map(|(name, address)| (name.to_owned(), address)));
    symbols.insert("rook_nil".into(), (value::nil().0 - SYMBOL_TAG) as usize);
    symbols.insert("rook_t".into(), (value::t().0 - SYMBOL_TAG) as usize);
    symbols.insert("rook_rt_alloc_slow".into(), rook_rt_alloc_slow as *const () as usize);
    symbols.insert("rook_foreign_thunk".into(), foreign::thunk::address());
    symbols
});

/// Address of a symbol of the runtime.
pub fn runtime(name: &str) -> Option<u64> {
    RUNTIME.get(name).map(|&address| address as u64)
}

/// Address of a C function that the process knows.
pub fn foreign(name: &str) -> Option<u64> {
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: a NUL-terminated name.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address as u64)
}

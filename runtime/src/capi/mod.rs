//! The C API: what `runtime/include/rook.h` declares, room by room.

pub mod segments;

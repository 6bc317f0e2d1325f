//! From compiled units and live objects to programs.
//!
//! `image` is the relocatable form of code and Lisp objects; `snapshot` makes one of the objects and
//! units of this process; `unit_file` is a compiled file; `shake` keeps what a program reaches (but for `gates`), `size` explains it;
//! `prelink` lays it out as one ELF object (`near`: in what form); `toolchain` calls the linker, `needed` mends what it made. Must not read Lisp source.

pub mod gates;
pub mod image;
mod near;
pub mod needed;
pub mod prelink;
pub mod program;
pub mod shake;
pub mod size;
pub mod snapshot;
pub mod toolchain;
pub mod unit_file;

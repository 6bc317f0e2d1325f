//! The Rook compiler.

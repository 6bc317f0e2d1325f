//! Start and shutdown of a program.

//! Keeps what a program reaches.

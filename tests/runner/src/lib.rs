//! Tests that read or run whole programs.

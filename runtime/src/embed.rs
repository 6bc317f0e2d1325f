//! Embedding from Rust: the evaluator hook that the compiler fills when it is linked in.

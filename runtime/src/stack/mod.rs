//! Room `stack`.

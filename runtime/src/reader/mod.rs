//! Room `reader`.

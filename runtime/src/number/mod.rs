//! Room `number`.

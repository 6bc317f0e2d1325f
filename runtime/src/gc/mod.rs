//! Room `gc`.

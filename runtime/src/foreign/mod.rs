//! Room `foreign`.

//! The border between Rust and C++: no panic crosses it, every failure is a message.
//!
//! cxx turns an `Err` into a C++ exception, which the callers in src/text catch. A message that starts with
//! `PANIC_PREFIX` is a defect (the caller answers `internal`), any other one describes bad input.

use std::fmt;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Once;

const PANIC_PREFIX: &str = "panic: ";

#[derive(Debug)]
pub struct BridgeError(String);

impl BridgeError {
    pub fn new(message: impl fmt::Display) -> Self {
        BridgeError(message.to_string())
    }
}

impl fmt::Display for BridgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs the body of a bridge function. A panic becomes an error and prints nothing: what is logged is decided in C++.
pub fn guarded<T>(body: impl FnOnce() -> Result<T, BridgeError>) -> Result<T, BridgeError> {
    static SILENCE: Once = Once::new();
    SILENCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(BridgeError::new(format!("{PANIC_PREFIX}{message}")))
    })
}

/// Panics inside the guard, so that a test can show that a panic ends one call and not the process.
pub fn inject_panic(message: &str) -> Result<(), BridgeError> {
    guarded(|| panic!("{message}"))
}

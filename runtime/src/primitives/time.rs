//! Clocks and waiting.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::set_second_value;
use crate::abi::thread_context::ErrorKind;
use crate::control::errors::expect_fixnum;
use crate::primitives;
use crate::value::{Value, nil};

fn microseconds(d: Duration) -> Value {
    Value::fixnum(d.as_micros() as i64)
}

/// How long a thread sleeps before it looks for interrupts.
const SLEEP_STEP: Duration = Duration::from_millis(20);

primitives! {
    /// Microseconds since the first call.
    fn real_time(ctx) {
        static START: OnceLock<Instant> = OnceLock::new();
        Ok(microseconds(START.get_or_init(Instant::now).elapsed()))
    }
    /// Microseconds of processor time of the process.
    fn run_time(ctx) {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call fills the record it is given.
        unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
        Ok(Value::fixnum(time.tv_sec * 1_000_000 + time.tv_nsec / 1000))
    }
    /// Seconds since 1970.
    fn unix_time(ctx) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Value::fixnum(now.as_secs() as i64))
    }
    /// Seconds east of Greenwich at a Unix time, by local rules. Second value: whether it is summer time.
    fn local_time_offset(ctx, unix) {
        let seconds: libc::time_t = expect_fixnum(ctx, unix)?;
        // SAFETY: an all-zero record of numbers and a null pointer is valid, and the call fills it.
        let mut fields: libc::tm = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers are to live locals.
        unsafe { libc::localtime_r(&seconds, &mut fields) };
        set_second_value(ctx, Value::bool(fields.tm_isdst > 0));
        Ok(Value::fixnum(fields.tm_gmtoff))
    }
    /// Waits; an interrupt ends it.
    fn sleep(ctx, microseconds) {
        let wanted = Duration::from_micros(expect_fixnum(ctx, microseconds)?.max(0) as u64);
        let start = Instant::now();
        while let Some(left) = wanted.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            std::thread::sleep(left.min(SLEEP_STEP));
            if ctx.interrupts != 0 {
                return Err(ctx.raise(ErrorKind::Interrupt, &[]));
            }
        }
        Ok(nil())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;

    #[test]
    fn sleeping_takes_time() {
        with_context(|ctx| {
            let before = Value(real_time(ctx)).as_fixnum();
            sleep(ctx, Value::fixnum(3000));
            assert!(Value(real_time(ctx)).as_fixnum() - before >= 3000);
        });
    }
}

//! Waiting for what happens soon, but not at once.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Long enough for whatever happens by itself every few seconds.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer, and panics when there is none in time.
#[track_caller]
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

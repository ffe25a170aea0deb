//! Ctrl-C and the hard time limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::report::{self, ExitStatus};
use crate::base::Cancel;

/// Set by the first signal.
static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Whether Ctrl-C ends the process, as it does where nobody catches it; see [`asking`].
static IS_DEADLY: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
/// Set once [`interrupts`] catches signals.
static CAUGHT: AtomicBool = AtomicBool::new(false);

/// Asks a question that hides what is typed. Ctrl-C must not end the process before the terminal shows again what
/// is typed: the question itself ends with [`std::io::ErrorKind::Interrupted`] then.
///
/// # Errors
/// Those of the question; Ctrl-C cannot be caught.
pub(super) fn asking<T>(question: impl FnOnce() -> std::io::Result<T>) -> std::io::Result<T> {
    static ONCE: OnceLock<()> = OnceLock::new();
    if CAUGHT.load(Ordering::SeqCst) {
        return question();
    }
    if ONCE.get().is_none() {
        signal_hook::flag::register_conditional_default(SIGINT, Arc::clone(&IS_DEADLY))?;
        ONCE.get_or_init(|| ());
    }
    IS_DEADLY.store(false, Ordering::SeqCst);
    let answer = question();
    IS_DEADLY.store(true, Ordering::SeqCst);
    answer
}

/// Cancels `cancel` at the first Ctrl-C, TERM or HUP; a second one ends the process at once.
///
/// # Errors
/// When the signals cannot be caught.
pub(super) fn interrupts(cancel: &Cancel) -> anyhow::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    CAUGHT.store(true, Ordering::SeqCst);
    IS_DEADLY.store(false, Ordering::SeqCst);
    let cancel = cancel.clone();
    std::thread::spawn(move || {
        for (count, _) in signals.forever().enumerate() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            cancel.cancel();
            if count > 0 {
                leave(ExitStatus::Interrupted);
            }
        }
    });
    Ok(())
}

/// Becomes true once a signal has asked to stop.
pub(super) fn flag() -> Arc<AtomicBool> {
    Arc::clone(&INTERRUPTED)
}

/// Whether a signal has asked to stop.
pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Ends the process when the hard limit has passed and nothing else has.
///
/// The work watches its own deadline, a little earlier; this is for the case that it cannot keep
/// it. Applying a patch holds the watchdog off: a write is never cut in the middle.
#[derive(Debug)]
pub(super) struct Watchdog {
    armed: Arc<Mutex<bool>>,
}

impl Watchdog {
    /// Arms a watchdog for `limit` seconds after `started`.
    pub(super) fn start(started: Instant, limit: f64, json: bool) -> Self {
        let armed = Arc::new(Mutex::new(true));
        let shared = Arc::clone(&armed);
        let at = started + Duration::from_secs_f64(limit);
        std::thread::spawn(move || {
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            let armed = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if *armed {
                out_of_time(started, json);
            }
        });
        Self { armed }
    }

    /// The work is done, or about to write: the limit no longer applies.
    pub(super) fn disarm(&self) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

fn out_of_time(started: Instant, json: bool) {
    // What is said next must land on a terminal that shows it.
    crate::tui::restore();
    let message = "the time limit was reached; nothing was changed";
    if json {
        report::json(&super::fix::Json {
            status: "no-fix",
            elapsed_ms: started.elapsed().as_millis(),
            message: Some(message.to_owned()),
            ..super::fix::Json::default()
        });
    } else {
        report::note(&format!("slm: {message}"));
    }
    super::recording::out_of_time(ExitStatus::NoFix);
    leave(ExitStatus::NoFix);
}

#[expect(clippy::exit, reason = "the work did not stop by itself; children die with this process")]
fn leave(status: ExitStatus) {
    crate::tui::restore();
    std::process::exit(status as i32);
}

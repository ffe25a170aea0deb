//! What can happen on the screen: one closed enum, and the thread that reads the keyboard.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use ratatui::crossterm::event::{self, KeyEvent, KeyEventKind};

use crate::agent::proposal::Progress;

/// Everything the screen reacts to.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Key(KeyEvent),
    /// The window has another size.
    Resized,
    /// The search reports.
    Progress(Box<Progress>),
    /// The search will report nothing more.
    SearchEnded,
    /// Time has passed; what is left of the budget, when there is one.
    Tick {
        left: Option<Duration>,
    },
    /// A signal asked us to end.
    Interrupted,
    /// The keyboard cannot be read any more.
    InputLost,
    /// The caller has something to say.
    Note(String),
}

/// The keyboard thread; dropping it ends the thread, so that an editor started next does not share
/// its input with us.
#[derive(Debug)]
pub(super) struct Input {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    /// How long a key may wait for the end of the thread to be noticed.
    const SLICE: Duration = Duration::from_millis(50);
    /// How long the thread may take to end. One whose terminal has gone away in the middle of a look never
    /// does: crossterm reads on at the end of its input.
    const FAREWELL: Duration = Duration::from_millis(500);

    /// Starts reading; what `of` makes of the terminal's events goes to `sender`, and `lost` when the
    /// keyboard cannot be read any more.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn start<E: Send + 'static>(
        sender: Sender<E>,
        of: fn(event::Event) -> Option<E>,
        lost: fn() -> E,
    ) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("slm-keys".to_owned()).spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                match read().map(|event| event.and_then(of)) {
                    Ok(None) => {}
                    Ok(Some(event)) => {
                        if sender.send(event).is_err() {
                            break;
                        }
                    }
                    Err(_) => {
                        // Nobody listens any more: nothing is lost.
                        let _ = sender.send(lost());
                        break;
                    }
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let Some(thread) = self.thread.take() else { return };
        let asked = Instant::now();
        while !thread.is_finished() && asked.elapsed() < Self::FAREWELL {
            thread::sleep(Self::SLICE / 10);
        }
        if thread.is_finished() {
            // It only reads and sends: had it panicked, there would be nothing to save.
            let _ = thread.join();
        }
    }
}

impl Event {
    /// What the terminal reports, when it concerns the fix screen.
    ///
    /// Pasted text is dropped on purpose: an "a" within it must not apply anything.
    pub(super) fn of(event: event::Event) -> Option<Self> {
        match event {
            event::Event::Key(key) if key.kind != KeyEventKind::Release => Some(Self::Key(key)),
            event::Event::Resize(..) => Some(Self::Resized),
            _ => None,
        }
    }
}

/// The next event, waiting at most one slice.
fn read() -> io::Result<Option<event::Event>> {
    if event::poll(Input::SLICE)? { event::read().map(Some) } else { Ok(None) }
}

//! What can happen on the screen: one closed enum, and the thread that reads the keyboard.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

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

    /// Starts reading; events go to `sender`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn start(sender: Sender<Event>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("slm-keys".to_owned()).spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                let event = match read() {
                    Ok(Some(event)) => event,
                    Ok(None) => continue,
                    Err(_) => Event::InputLost,
                };
                let lost = matches!(event, Event::InputLost);
                if sender.send(event).is_err() || lost {
                    break;
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // It only reads and sends: had it panicked, there would be nothing to save.
            let _ = thread.join();
        }
    }
}

/// The next event of interest, waiting at most one slice.
///
/// Pasted text is dropped on purpose: an "a" within it must not apply anything.
fn read() -> io::Result<Option<Event>> {
    if !event::poll(Input::SLICE)? {
        return Ok(None);
    }
    Ok(match event::read()? {
        event::Event::Key(key) if key.kind != KeyEventKind::Release => Some(Event::Key(key)),
        event::Event::Resize(..) => Some(Event::Resized),
        _ => None,
    })
}

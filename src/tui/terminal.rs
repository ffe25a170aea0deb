//! Borrows the terminal and gives it back as it was: at the end, on a panic, and while suspended.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write as _, stdout};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::{Position, Rect};
use ratatui::{Frame, Terminal};
use signal_hook::consts::{SIGCONT, SIGTSTP};
use signal_hook::{flag, low_level};

/// True when the screen can be shown: stdout is a terminal that understands more than text, has a
/// size, and keys can be read. `term` is the value of `TERM`.
pub fn is_usable(term: Option<&str>) -> bool {
    let able = term.is_some_and(|name| !name.is_empty() && name != "dumb");
    let sized = || size().is_ok_and(|(columns, rows)| columns > 0 && rows > 0);
    // With stdin redirected the keys come from the controlling terminal.
    let keys = || {
        io::stdin().is_terminal()
            || OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
    };
    able && stdout().is_terminal() && sized() && keys()
}

/// Gives the terminal back when the screen holds it: for a caller that is about to end the process
/// without unwinding. Harmless at any other time.
pub fn restore() {
    leave();
}

/// Whether the terminal tells about the mouse: it then no longer selects text by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mouse {
    Left,
    Reported,
}

/// The terminal while it is ours.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste.
    ///
    /// # Errors
    /// Whatever the terminal answers; it is restored then.
    pub(super) fn open(mouse: Mouse) -> io::Result<Self> {
        MOUSE.store(mouse == Mouse::Reported, Ordering::SeqCst);
        hook_panics();
        job_control()?.outside.store(false, Ordering::SeqCst);
        enter().inspect_err(|_| leave())?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 14, stdout()));
        let terminal = Terminal::new(backend).inspect_err(|_| leave())?;
        Ok(Self { terminal })
    }

    /// Draws one frame.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub(super) fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(paint).map(drop)
    }

    /// Puts a sequence through that draws nothing.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub(super) fn emit(&mut self, sequence: &str) -> io::Result<()> {
        let mut out = stdout();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }

    /// Sets the modes again and forgets what is on screen, so that the next frame is drawn whole.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub(super) fn reset(&mut self) -> io::Result<()> {
        // Whoever had the terminal meanwhile may have left any mode; what is set already is not
        // set again.
        disable_raw_mode()?;
        enter()?;
        // Forgets and clears. `Terminal::clear` would first ask the terminal where its cursor is,
        // and wait for the answer to come in between the keys.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Gives the terminal back and stops the process; returns when the shell continues it.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        if !has_shell() {
            return Ok(());
        }
        leave();
        low_level::emulate_default_handler(SIGTSTP)?;
        was_continued();
        job_control()?.outside.store(false, Ordering::SeqCst);
        self.reset()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// True once after somebody sent SIGTSTP.
pub(super) fn stop_requested() -> bool {
    job_control().is_ok_and(|job| job.stop.swap(false, Ordering::SeqCst))
}

/// True once after the process was stopped behind our back and continued.
pub(super) fn was_continued() -> bool {
    job_control().is_ok_and(|job| job.continued.swap(false, Ordering::SeqCst))
}

/// True when the terminal has gone away. crossterm does not notice: it reads on at the end of its input.
#[cfg(unix)]
pub(super) fn has_hung_up() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let out = stdout();
    let mut polled = [PollFd::new(&out, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut polled, Some(&at_once)).is_ok()
        && polled[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

#[cfg(not(unix))]
pub(super) fn has_hung_up() -> bool {
    false
}

/// Panics of other threads since the last call, one line each. They were kept off the screen.
pub(super) fn take_crashes() -> Vec<String> {
    std::mem::take(&mut *CRASHES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The thread that holds the terminal, while one does.
static HOLDER: Mutex<Option<ThreadId>> = Mutex::new(None);
/// Whether the mouse is to be reported while the terminal is ours.
static MOUSE: AtomicBool = AtomicBool::new(false);
static CRASHES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What the shell's job control does to us.
struct JobControl {
    /// True while the terminal is not ours: SIGTSTP then stops the process as if we had no handler.
    outside: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
}

/// The handlers, registered once: a handler cannot be taken away again without changing what the
/// signal does.
fn job_control() -> io::Result<&'static JobControl> {
    static JOB: OnceLock<JobControl> = OnceLock::new();
    if let Some(job) = JOB.get() {
        return Ok(job);
    }
    let job = JobControl {
        outside: Arc::new(AtomicBool::new(true)),
        stop: Arc::default(),
        continued: Arc::default(),
    };
    flag::register_conditional_default(SIGTSTP, Arc::clone(&job.outside))?;
    flag::register(SIGTSTP, Arc::clone(&job.stop))?;
    flag::register(SIGCONT, Arc::clone(&job.continued))?;
    Ok(JOB.get_or_init(|| job))
}

/// False when we lead the session: then nobody could continue us.
#[cfg(unix)]
fn has_shell() -> bool {
    rustix::process::getsid(None).is_ok_and(|leader| leader != rustix::process::getpid())
}

#[cfg(not(unix))]
fn has_shell() -> bool {
    false
}

fn enter() -> io::Result<()> {
    hold(Some(thread::current().id()));
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
    if MOUSE.load(Ordering::SeqCst) { execute!(stdout(), EnableMouseCapture) } else { Ok(()) }
}

/// Restores the terminal; harmless when it is not ours. Errors are dropped: there is nobody left
/// to show them to.
fn leave() {
    if !hold(None) {
        return;
    }
    let mut out = stdout();
    if MOUSE.load(Ordering::SeqCst) {
        let _ = queue!(out, DisableMouseCapture);
    }
    let _ = queue!(out, DisableBracketedPaste);
    let _ = execute!(out, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
    if let Ok(job) = job_control() {
        job.outside.store(true, Ordering::SeqCst);
    }
}

/// Notes who holds the terminal; true when somebody did before.
fn hold(holder: Option<ThreadId>) -> bool {
    std::mem::replace(&mut *HOLDER.lock().unwrap_or_else(PoisonError::into_inner), holder).is_some()
}

/// Puts our panic hook before the one that is there, once.
fn hook_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let holder = *HOLDER.lock().unwrap_or_else(PoisonError::into_inner);
            match holder {
                // Ours: the report must land on a terminal that shows it.
                Some(id) if id == thread::current().id() => leave(),
                // Another thread's: the screen lives on, and a report would land in its middle.
                Some(_) => {
                    let crash = format!("internal error: {info}").replace('\n', " ");
                    tracing::error!("{crash}");
                    CRASHES.lock().unwrap_or_else(PoisonError::into_inner).push(crash);
                    return;
                }
                None => {}
            }
            previous(info);
        }));
    });
}

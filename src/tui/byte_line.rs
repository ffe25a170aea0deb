//! Progress of work on large files: one line on stderr, or nothing where stderr is a file.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that ends sooner than this shows nothing: a line that flashes tells nobody anything.
const PATIENCE: Duration = Duration::from_millis(400);

/// A bar with the bytes done, their rate, and the time that is left.
#[derive(Debug)]
pub struct ByteLine {
    bar: ProgressBar,
    what: &'static str,
    started: Instant,
}

impl ByteLine {
    /// A line on stderr; silent when stderr is no terminal, or one that cannot move its cursor.
    pub fn new(term: Option<&str>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let able = term.is_some_and(|name| !name.is_empty() && name != "dumb");
        if able && !ProgressDrawTarget::stderr().is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        Self { bar, what: "", started: Instant::now() }
    }

    /// `done` bytes of `of` are done, of the work that `what` names ("downloading").
    pub fn update(&mut self, what: &'static str, done: u64, of: Option<u64>) {
        if self.what != what {
            self.what = what;
            self.started = Instant::now();
            self.bar.reset();
            self.bar.set_message(what);
            let template = match of {
                Some(_) => {
                    "{msg}  {wide_bar}  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
                }
                None => "{msg}  {spinner}  {bytes}, {bytes_per_sec}",
            };
            // Ours and valid; the default would do no harm either.
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style);
            }
        }
        if let Some(of) = of {
            self.bar.set_length(of);
        }
        if self.started.elapsed() >= PATIENCE {
            self.bar.set_position(done);
        }
    }

    /// Takes the line off the terminal.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for ByteLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

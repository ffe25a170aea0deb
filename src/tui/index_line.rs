//! Progress of reading a repository: one line on stderr, or nothing where stderr is a file.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::repo::index::Progress;

/// Work that ends sooner than this shows nothing: a line that flashes tells nobody anything.
const PATIENCE: Duration = Duration::from_millis(400);

/// A bar with the number of files read.
#[derive(Debug)]
pub struct IndexLine {
    bar: ProgressBar,
    stage: Mutex<Option<&'static str>>,
    started: std::time::Instant,
}

impl IndexLine {
    /// A line on stderr; silent when stderr is no terminal, or one that cannot move its cursor.
    pub fn new(term: Option<&str>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let able = term.is_some_and(|name| !name.is_empty() && name != "dumb");
        if able && !ProgressDrawTarget::stderr().is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        bar.set_style(ProgressStyle::default_spinner());
        Self { bar, stage: Mutex::default(), started: std::time::Instant::now() }
    }

    /// Takes in one report.
    pub fn update(&self, progress: Progress) {
        if self.started.elapsed() < PATIENCE {
            return;
        }
        let (label, counts) = match progress {
            Progress::Walking => ("looking for files", None),
            Progress::Reading { done, total } => ("reading files", Some((done, total))),
            Progress::Words { done, total } => ("collecting words", Some((done, total))),
            Progress::Meanings { done, total } => ("computing vectors", Some((done, total))),
        };
        let mut stage = self.stage.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *stage != Some(label) {
            *stage = Some(label);
            self.bar.set_message(label);
            // Ours and valid; the default would do no harm either.
            let style =
                ProgressStyle::with_template("{msg}  {wide_bar}  {pos} of {len}, {elapsed}");
            if let (Some(_), Ok(style)) = (counts, style) {
                self.bar.set_style(style);
            }
        }
        if let Some((done, total)) = counts {
            self.bar.set_length(total as u64);
            self.bar.set_position(done as u64);
        }
    }

    /// Takes the line off the terminal.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for IndexLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

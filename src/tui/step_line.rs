//! What a long command is doing: one line on stderr, or nothing where stderr is a file.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A spinner with a text and the time so far.
#[derive(Debug)]
pub struct StepLine(ProgressBar);

impl StepLine {
    /// A line on stderr; silent when stderr is no terminal, or one that cannot move its cursor.
    pub fn new(term: Option<&str>) -> Self {
        let able = term.is_some_and(|name| !name.is_empty() && name != "dumb");
        let target = if able {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        // Ours and valid; the default would do no harm either.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self(bar)
    }

    /// Says what is being done now.
    pub fn show(&self, step: &str) {
        self.0.set_message(step.to_owned());
    }
}

impl Drop for StepLine {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

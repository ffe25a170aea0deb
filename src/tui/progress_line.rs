//! Progress without a screen: one line on stderr that moves, or nothing where stderr is a file.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text::{duration, one_line};
use super::theme::{Colours, Glyphs, Look};
use crate::agent::proposal::{Progress, Stage};

/// A spinner with the stage and the counts.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
    started: Instant,
    stage: Stage,
    generated: usize,
    checked: usize,
    found: usize,
    trying: Option<String>,
}

impl ProgressLine {
    /// A line on stderr; silent when stderr is no terminal or `term`, the value of `TERM`, is unset
    /// or says that the terminal cannot move its cursor.
    pub fn new(look: Look, term: Option<&str>) -> Self {
        let able = term.is_some_and(|name| !name.is_empty() && name != "dumb");
        let target = if able {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        Self::with_target(look, target)
    }

    fn with_target(look: Look, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(look));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self {
            bar,
            started: Instant::now(),
            stage: Stage::Reproducing,
            generated: 0,
            checked: 0,
            found: 0,
            trying: None,
        }
    }

    /// Takes in one report.
    pub fn update(&mut self, progress: &Progress) {
        match progress {
            Progress::Stage(stage) => self.stage = *stage,
            Progress::Candidates { generated, checked } => {
                (self.generated, self.checked) = (*generated, *checked);
            }
            Progress::Trying(what) => self.trying = Some(one_line(what)),
            Progress::Found(_) => self.found += 1,
            Progress::Context(_) | Progress::Routed(_) => {}
            Progress::Failure(line) | Progress::Note(line) => {
                // Stays above the line; indicatif drops it when nothing is drawn.
                self.bar.println(one_line(line));
            }
        }
        self.bar.set_message(self.message());
    }

    /// Runs `print` while the line is off the terminal.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the line off the terminal.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }

    fn message(&self) -> String {
        let mut parts = vec![Cow::Borrowed(self.stage.label())];
        if self.generated > 0 {
            let counts = format!("{} of {} candidates checked", self.checked, self.generated);
            parts.push(Cow::Owned(counts));
        }
        match self.found {
            0 => {}
            1 => parts.push(Cow::Borrowed("1 fix found")),
            found => parts.push(Cow::Owned(format!("{found} fixes found"))),
        }
        parts.push(Cow::Owned(duration(self.started.elapsed())));
        if let (Stage::Searching | Stage::Simplifying, Some(trying)) = (self.stage, &self.trying) {
            parts.push(Cow::Borrowed(trying));
        }
        parts.join(", ")
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(look: Look) -> ProgressStyle {
    let template = match look.colours {
        Colours::None => "{spinner} {wide_msg}",
        Colours::Basic | Colours::Indexed => "{spinner:.blue.bold} {wide_msg}",
    };
    let ticks = match look.glyphs {
        Glyphs::Unicode => "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ",
        Glyphs::Ascii => "|/-\\ ",
    };
    // Both templates are ours and valid; the default would do no harm either.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_stage_and_counts_without_escapes_from_outside() {
        let mut line = ProgressLine::with_target(Look::PLAIN, ProgressDrawTarget::hidden());
        line.update(&Progress::Stage(Stage::Searching));
        line.update(&Progress::Candidates { generated: 40, checked: 12 });
        line.update(&Progress::Trying("a\x1b[2Jb".to_owned()));
        let shown = line.bar.message();
        assert!(shown.starts_with("searching, 12 of 40 candidates checked, 0."), "{shown}");
        assert!(shown.ends_with(", a\\u{1b}[2Jb"), "{shown}");
        line.update(&Progress::Stage(Stage::Verifying));
        assert!(!line.bar.message().contains("[2J"));
    }

    #[test]
    fn silent_on_a_dumb_terminal() {
        let line = ProgressLine::new(Look::PLAIN, Some("dumb"));
        assert!(line.bar.is_hidden());
    }
}

//! The state of the fix screen and how events change it. Pure: no clock, no terminal, no thread.

use std::ops::Range;
use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::diff::Diff;
use super::event::Event;
use super::layers::{Confirm, Layer, Outcome};
use super::{FixDecision, Task};
use crate::agent::proposal::{Caution, Progress, Proposal, Stage, Verdict};

/// How long a candidate must have been on screen before a key can apply it: a key that was meant
/// for the screen before must not.
const SETTLE: Duration = Duration::from_millis(500);
/// Notes kept; older ones are dropped.
const MAX_NOTES: usize = 100;
/// Columns that one step sideways takes.
const SIDE_STEP: usize = 8;
/// No window opens further to the right, so that no key can cost a walk through megabytes.
const MAX_SIDE: usize = 20_000;

/// Everything the screen shows.
#[derive(Debug)]
pub(super) struct App {
    pub(super) task: Task,
    pub(super) command: String,
    pub(super) search: Search,
    pub(super) candidates: Vec<Candidate>,
    /// The id of the candidate shown.
    pub(super) selected: Option<usize>,
    pub(super) focus: Focus,
    pub(super) columns: Columns,
    pub(super) scroll: Scroll,
    /// Topmost last.
    pub(super) layers: Vec<Layer>,
    /// One line for the user, until the next key.
    pub(super) notice: Option<String>,
    /// What the last drawing found out, for scrolling.
    pub(super) view: Viewport,
    /// Time since the start.
    pub(super) now: Duration,
    hand: Hand,
    shown_since: Duration,
    rejections: Vec<usize>,
}

/// Where the search stands.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) run: Run,
    pub(super) stage: Stage,
    pub(super) failure: Option<String>,
    pub(super) generated: usize,
    pub(super) checked: usize,
    pub(super) trying: Option<String>,
    pub(super) notes: Vec<String>,
    /// What is left of the budget.
    pub(super) left: Option<Duration>,
    /// When checking began.
    pub(super) since: Option<Duration>,
    pub(super) ended: Option<Duration>,
}

/// Whether the search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Running,
    /// Asked to stop.
    Stopping,
    Ended,
}

/// A proposal on the list.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) proposal: Proposal,
    pub(super) diff: Diff,
}

/// Which pane the arrow keys move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    List,
    Evidence,
    Diff,
}

/// How the diff is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// Side by side where there is room.
    Auto,
    One,
    Two,
}

/// How far the panes are scrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scroll {
    /// Rows; `None` until somebody scrolls: then the first change is in view.
    pub(super) diff: Option<usize>,
    /// Columns; `None` until somebody scrolls: then the first change is in view.
    pub(super) side: Option<usize>,
    /// Rows.
    pub(super) evidence: usize,
}

/// Sizes known only after drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Viewport {
    /// Rows of the diff, and how many of them fit.
    pub(super) diff: (usize, usize),
    /// The first row of the diff in view.
    pub(super) top: usize,
    /// The first column of the diff's text in view.
    pub(super) side: usize,
    /// The same for the evidence.
    pub(super) evidence: (usize, usize),
    /// Whether the diff was drawn side by side.
    pub(super) split: bool,
    /// Whether it could have been.
    pub(super) can_split: bool,
}

/// What the driver must do after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    /// Draw everything again, whatever the terminal shows now.
    Redraw,
    /// Give the terminal back until the shell continues us.
    Suspend,
    StopSearch,
    Finish(FixDecision),
}

/// Whether the user has taken the selection into their own hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    Off,
    On,
}

impl App {
    /// The screen before anything has happened.
    pub(super) fn new(task: Task, command: String) -> Self {
        Self {
            task,
            command,
            search: Search {
                run: Run::Running,
                stage: Stage::Reproducing,
                failure: None,
                generated: 0,
                checked: 0,
                trying: None,
                notes: Vec::new(),
                left: None,
                since: None,
                ended: None,
            },
            candidates: Vec::new(),
            selected: None,
            focus: Focus::List,
            columns: Columns::Auto,
            scroll: Scroll::default(),
            layers: Vec::new(),
            notice: None,
            view: Viewport::default(),
            now: Duration::ZERO,
            hand: Hand::Off,
            shown_since: Duration::ZERO,
            rejections: Vec::new(),
        }
    }

    /// Takes in what happened at `now`, counted from the start.
    pub(super) fn update(&mut self, now: Duration, event: Event) -> Effect {
        self.now = self.now.max(now);
        match event {
            Event::Key(key) => self.key(key),
            Event::Resized => Effect::None,
            Event::Progress(progress) => self.progress(*progress),
            Event::SearchEnded => self.end_search(),
            Event::Tick { left } => {
                self.search.left = left;
                Effect::None
            }
            Event::Interrupted | Event::InputLost => Effect::Finish(FixDecision::Interrupted),
            Event::Note(note) => {
                self.note(note);
                Effect::None
            }
        }
    }

    /// The candidates not rejected, best first.
    pub(super) fn listed(&self) -> impl DoubleEndedIterator<Item = &Candidate> {
        self.candidates.iter().filter(|c| !self.is_rejected(c.proposal.id))
    }

    /// The candidate shown, and its place on the list counted from 0.
    pub(super) fn current(&self) -> Option<(usize, &Candidate)> {
        self.listed().enumerate().find(|(_, c)| Some(c.proposal.id) == self.selected)
    }

    /// True while there is no candidate to review and the search goes on.
    pub(super) fn shows_progress(&self) -> bool {
        self.candidates.is_empty()
    }

    /// The ids rejected, in the order of rejection.
    pub(super) fn rejected(&self) -> &[usize] {
        &self.rejections
    }

    /// Candidates checked per second; `None` before there is anything to divide.
    pub(super) fn rate(&self) -> Option<f64> {
        let until = self.search.ended.unwrap_or(self.now);
        let seconds = until.saturating_sub(self.search.since?).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let rate = self.search.checked as f64 / seconds;
        (seconds >= 0.5 && self.search.checked > 0).then_some(rate)
    }

    /// The search has been told to stop.
    pub(super) fn stop(&mut self) {
        if self.search.run == Run::Running {
            self.search.run = Run::Stopping;
        }
    }

    /// Forgets what belonged to the last showing of the screen.
    pub(super) fn reopen(&mut self) {
        self.layers.clear();
        self.shown_since = self.now;
    }

    /// Adds a proposal or replaces the one with its id.
    pub(super) fn add(&mut self, proposal: Proposal) {
        let diff = Diff::of(&proposal.patch);
        let candidate = Candidate { proposal, diff };
        let id = candidate.proposal.id;
        match self.candidates.iter_mut().find(|c| c.proposal.id == id) {
            Some(old) => {
                *old = candidate;
                // What is asked about may have changed.
                self.layers.retain(|layer| !asks_about(layer, id));
                if self.selected == Some(id) {
                    self.clamp();
                }
            }
            None => self.candidates.push(candidate),
        }
        self.candidates.sort_by_key(|c| rank(&c.proposal));
        let untouched = self.hand == Hand::Off && self.layers.is_empty();
        if untouched || self.current().is_none() {
            let best = self.listed().next().map(|c| c.proposal.id);
            if best != self.selected {
                self.select(best);
            }
        }
    }

    fn progress(&mut self, progress: Progress) -> Effect {
        match progress {
            Progress::Stage(Stage::Done) => return self.end_search(),
            Progress::Stage(stage) => self.search.stage = stage,
            Progress::Failure(line) => self.search.failure = Some(line),
            Progress::Candidates { generated, checked } => {
                self.search.since.get_or_insert(self.now);
                (self.search.generated, self.search.checked) = (generated, checked);
            }
            Progress::Trying(what) => self.search.trying = Some(what),
            Progress::Found(proposal) => self.add(*proposal),
            Progress::Note(note) => self.note(note),
            // Told after the screen is gone.
            Progress::Context(_) | Progress::Routed(_) => {}
        }
        Effect::None
    }

    fn end_search(&mut self) -> Effect {
        if self.search.run != Run::Ended {
            self.search.run = Run::Ended;
            self.search.stage = Stage::Done;
            self.search.trying = None;
            self.search.ended = Some(self.now);
        }
        // Nothing to review: what happened is told after the screen is gone.
        if self.candidates.is_empty() { Effect::Finish(FixDecision::Quit) } else { Effect::None }
    }

    fn note(&mut self, note: String) {
        if self.search.notes.len() == MAX_NOTES {
            self.search.notes.remove(0);
        }
        if !self.candidates.is_empty() {
            self.notice = Some(note.clone());
        }
        self.search.notes.push(note);
    }

    fn key(&mut self, key: KeyEvent) -> Effect {
        self.notice = None;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return self.leave(FixDecision::Interrupted),
            KeyCode::Char('z') if control => return Effect::Suspend,
            KeyCode::Char('l') if control => return Effect::Redraw,
            _ => {}
        }
        if let Some(layer) = self.layers.last_mut() {
            return match layer.key(key) {
                Outcome::Consumed => Effect::None,
                Outcome::Closed => {
                    self.layers.pop();
                    Effect::None
                }
                Outcome::Decided(decision) => Effect::Finish(decision),
            };
        }
        if control {
            self.control_key(key.code);
            return Effect::None;
        }
        if key.modifiers.contains(KeyModifiers::ALT) {
            return Effect::None;
        }
        self.plain_key(key.code)
    }

    fn control_key(&mut self, code: KeyCode) {
        let half = (self.page() / 2).max(1);
        match code {
            KeyCode::Char('d') => self.scroll_by(half, Way::Down),
            KeyCode::Char('u') => self.scroll_by(half, Way::Up),
            KeyCode::Char('f') => self.scroll_by(self.page(), Way::Down),
            KeyCode::Char('b') => self.scroll_by(self.page(), Way::Up),
            KeyCode::Char('n') => self.step(Way::Down),
            KeyCode::Char('p') => self.step(Way::Up),
            _ => {}
        }
    }

    fn plain_key(&mut self, code: KeyCode) -> Effect {
        match code {
            KeyCode::Char('?') | KeyCode::F(1) => self.layers.push(Layer::Help { scroll: 0 }),
            KeyCode::Char('q') | KeyCode::Esc => return self.leave(FixDecision::Quit),
            KeyCode::Enter | KeyCode::Char('a') => return self.decide(FixDecision::Apply),
            KeyCode::Char('c') => return self.decide(FixDecision::ApplyAndCommit),
            KeyCode::Char('e') => {
                if let Some(id) = self.settled() {
                    return Effect::Finish(FixDecision::Edit(id));
                }
            }
            KeyCode::Char('x' | 'r') => self.reject(),
            KeyCode::Char('u') => self.take_back(),
            KeyCode::Char('n') => self.step(Way::Down),
            KeyCode::Char('p') => self.step(Way::Up),
            KeyCode::Char('j') | KeyCode::Down => self.arrow(Way::Down),
            KeyCode::Char('k') | KeyCode::Up => self.arrow(Way::Up),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll_by(self.page(), Way::Down),
            KeyCode::PageUp => self.scroll_by(self.page(), Way::Up),
            KeyCode::Char('g') | KeyCode::Home => self.scroll_by(usize::MAX, Way::Up),
            KeyCode::Char('G') | KeyCode::End => self.scroll_by(usize::MAX, Way::Down),
            KeyCode::Char('h') | KeyCode::Left => {
                self.scroll.side = Some(self.view.side.saturating_sub(SIDE_STEP));
            }
            KeyCode::Char('l') | KeyCode::Right => {
                self.scroll.side = Some((self.view.side + SIDE_STEP).min(MAX_SIDE));
            }
            KeyCode::Char('0') => self.scroll.side = Some(0),
            KeyCode::Char('s') => self.toggle_columns(),
            KeyCode::Tab => self.focus = self.focus.next(),
            KeyCode::BackTab => self.focus = self.focus.next().next(),
            _ => {}
        }
        Effect::None
    }

    /// The first word stops a running search and leaves what was found on screen, the second ends.
    fn leave(&mut self, decision: FixDecision) -> Effect {
        if self.search.run == Run::Running && !self.candidates.is_empty() {
            self.stop();
            self.layers.clear();
            let key = if decision == FixDecision::Interrupted { "Ctrl-C" } else { "q" };
            self.notice = Some(format!("Search stopped. {key} again leaves without applying."));
            return Effect::StopSearch;
        }
        Effect::Finish(decision)
    }

    fn decide(&mut self, decision: fn(usize) -> FixDecision) -> Effect {
        let Some(id) = self.settled() else { return Effect::None };
        let Some((_, candidate)) = self.current() else { return Effect::None };
        match Confirm::before(decision(id), &candidate.proposal) {
            Some(confirm) => {
                self.layers.push(Layer::Confirm(confirm));
                Effect::None
            }
            None => Effect::Finish(decision(id)),
        }
    }

    /// The candidate shown, once it has been shown long enough to have been meant.
    fn settled(&mut self) -> Option<usize> {
        let (_, candidate) = self.current()?;
        let id = candidate.proposal.id;
        if self.now < self.shown_since + SETTLE {
            self.notice = Some("This candidate has just appeared: look first.".to_owned());
            return None;
        }
        self.hand = Hand::On;
        Some(id)
    }

    fn reject(&mut self) {
        let Some((at, candidate)) = self.current() else { return };
        let id = candidate.proposal.id;
        self.hand = Hand::On;
        self.rejections.push(id);
        let next = self.listed().nth(at).or_else(|| self.listed().next_back());
        self.select(next.map(|c| c.proposal.id));
        self.notice = Some(match self.selected {
            Some(_) => "Rejected. u takes it back.".to_owned(),
            None => "Every candidate is rejected. u takes the last one back.".to_owned(),
        });
    }

    fn take_back(&mut self) {
        match self.rejections.pop() {
            Some(id) => self.select(Some(id)),
            None => self.notice = Some("Nothing was rejected.".to_owned()),
        }
    }

    fn arrow(&mut self, way: Way) {
        if self.focus == Focus::List { self.step(way) } else { self.scroll_by(1, way) }
    }

    fn step(&mut self, way: Way) {
        let Some((at, _)) = self.current() else { return };
        self.hand = Hand::On;
        let next = match way {
            Way::Down => self.listed().nth(at + 1),
            Way::Up => at.checked_sub(1).and_then(|at| self.listed().nth(at)),
        };
        if let Some(id) = next.map(|c| c.proposal.id) {
            self.select(Some(id));
            // Chosen by hand: nothing has to settle.
            self.shown_since = Duration::ZERO;
        }
    }

    /// Shows the candidate `id` from its top.
    pub(super) fn select(&mut self, id: Option<usize>) {
        self.selected = id;
        self.scroll = Scroll::default();
        self.shown_since = self.now;
    }

    fn page(&self) -> usize {
        let (_, fits) =
            if self.focus == Focus::Evidence { self.view.evidence } else { self.view.diff };
        fits.saturating_sub(1).max(1)
    }

    fn scroll_by(&mut self, rows: usize, way: Way) {
        let at = match self.focus {
            Focus::Evidence => &mut self.scroll.evidence,
            Focus::List | Focus::Diff => self.scroll.diff.get_or_insert(self.view.top),
        };
        *at = match way {
            Way::Down => at.saturating_add(rows),
            Way::Up => at.saturating_sub(rows),
        };
        self.clamp();
    }

    /// The first row to draw of `rows`, of which `fits` fit and `change` are the first that matter.
    pub(super) fn diff_top(&self, rows: usize, fits: usize, change: Range<usize>) -> usize {
        let unasked = if change.end <= fits { 0 } else { change.start.saturating_sub(fits / 3) };
        self.scroll.diff.unwrap_or(unasked).min(rows.saturating_sub(fits))
    }

    /// The first column to draw of lines that have `room` columns, when the first change that
    /// matters ends at column `change`.
    pub(super) fn diff_side(&self, room: usize, change: usize) -> usize {
        let unasked = if change < room { 0 } else { change.saturating_sub(room * 2 / 3) };
        self.scroll.side.unwrap_or(unasked.next_multiple_of(SIDE_STEP))
    }

    /// Keeps the last screenful in view.
    pub(super) fn clamp(&mut self) {
        let last = |(rows, fits): (usize, usize)| rows.saturating_sub(fits);
        self.scroll.diff = self.scroll.diff.map(|at| at.min(last(self.view.diff)));
        self.scroll.evidence = self.scroll.evidence.min(last(self.view.evidence));
    }

    fn toggle_columns(&mut self) {
        if self.view.split {
            self.columns = Columns::One;
        } else if self.view.can_split {
            self.columns = Columns::Two;
        } else {
            self.notice = Some("The pane is too narrow for two columns.".to_owned());
            return;
        }
        self.scroll.diff = None;
    }

    fn is_rejected(&self, id: usize) -> bool {
        self.rejections.contains(&id)
    }
}

impl Focus {
    fn next(self) -> Self {
        match self {
            Self::List => Self::Evidence,
            Self::Evidence => Self::Diff,
            Self::Diff => Self::List,
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// Proven before unverified, repaired before swallowed or asserted otherwise, harmless before harmful, then as found.
fn rank(proposal: &Proposal) -> (bool, bool, bool, usize) {
    let has = |wanted: fn(&Caution) -> bool| proposal.cautions.iter().any(wanted);
    (
        proposal.verdict == Verdict::Unverified,
        has(|c| matches!(c, Caution::SwallowsError | Caution::ChangesAssertion)),
        has(|c| {
            use Caution::{LeavesFailing, ProtectedFile, Regresses};
            matches!(c, Regresses(_) | LeavesFailing(_) | ProtectedFile(_))
        }),
        proposal.id,
    )
}

fn asks_about(layer: &Layer, id: usize) -> bool {
    match layer {
        Layer::Confirm(confirm) => confirm.decision.id() == Some(id),
        Layer::Help { .. } => false,
    }
}

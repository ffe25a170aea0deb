//! The loop of the fix screen: waits for events, feeds them to the state, performs the effects.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, never, select, unbounded};

use super::app::{App, Effect, Run};
use super::event::{Event, Input};
use super::terminal::{self, Mouse, Screen};
use super::theme::Look;
use super::view;
use super::{FixDecision, Task};
use crate::agent::proposal::{Progress, Proposal};
use crate::base::Cancel;

/// Time between looks at the clock and at signals.
const TICK: Duration = Duration::from_millis(100);
/// Reports of the search alone never cause more drawing than this.
const FRAME: Duration = Duration::from_millis(40);
/// Reports taken in before the keyboard gets its turn.
const BATCH: usize = 4_096;

/// What the fix screen needs to know.
#[derive(Clone, Debug)]
pub struct FixScreen {
    pub task: Task,
    /// The failing command as typed, or what is looked at when there is none.
    pub command: String,
    /// The reports of the search; the search has ended when all senders are gone.
    pub progress: Receiver<Progress>,
    /// Cancelled when the user stops the search or decides; its deadline is shown as the budget.
    pub cancel: Cancel,
    /// Set by the caller's handlers of SIGINT, SIGTERM and SIGHUP
    /// (`signal_hook::flag::register`): the screen ends with [`FixDecision::Interrupted`].
    pub interrupt: Arc<AtomicBool>,
    pub look: Look,
}

/// A review in progress; it outlives one showing of the screen, so that an editor can come between.
#[derive(Debug)]
pub struct FixSession {
    app: App,
    progress: Receiver<Progress>,
    cancel: Cancel,
    interrupt: Arc<AtomicBool>,
    look: Look,
    started: Instant,
}

impl FixSession {
    /// A session whose clock starts now.
    pub fn new(screen: FixScreen) -> Self {
        let FixScreen { task, command, progress, cancel, interrupt, look } = screen;
        let app = App::new(task, command);
        Self { app, progress, cancel, interrupt, look, started: Instant::now() }
    }

    /// The proposals seen so far, best first, rejected ones included.
    pub fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.app.candidates.iter().map(|candidate| &candidate.proposal)
    }

    /// The proposal with this id.
    pub fn proposal(&self, id: usize) -> Option<&Proposal> {
        self.proposals().find(|proposal| proposal.id == id)
    }

    /// The ids that the user rejected, in that order.
    pub fn rejected(&self) -> &[usize] {
        self.app.rejected()
    }

    /// What the search remarked on its way, oldest first.
    pub fn notes(&self) -> &[String] {
        &self.app.search.notes
    }

    /// The failure in one line, once it is known.
    pub fn failure(&self) -> Option<&str> {
        self.app.search.failure.as_deref()
    }

    /// Candidates generated and checked so far.
    pub fn counts(&self) -> (usize, usize) {
        (self.app.search.generated, self.app.search.checked)
    }

    /// Adds a proposal, or replaces the one with its id (an edited one, for example), and shows it.
    pub fn add(&mut self, proposal: Proposal) {
        let id = proposal.id;
        self.app.add(proposal);
        self.app.select(Some(id));
    }

    /// Shows `text` on the screen's next opening.
    pub fn note(&mut self, text: String) {
        self.app.update(self.started.elapsed(), Event::Note(text));
    }
}

/// Shows the screen until the user decides, then cancels the search; the caller waits for its
/// thread.
///
/// Check [`is_usable`](super::is_usable) first.
///
/// # Errors
/// When the terminal cannot be set up, read or written. It is restored in every case.
pub fn run(session: &mut FixSession) -> io::Result<FixDecision> {
    let decision = show(session);
    session.cancel.cancel();
    session.app.stop();
    decision
}

fn show(session: &mut FixSession) -> io::Result<FixDecision> {
    session.app.reopen();
    let mut screen = Screen::open(Mouse::Left)?;
    Loop::new(session)?.run(&mut screen)
}

struct Loop<'a> {
    session: &'a mut FixSession,
    keys: Receiver<Event>,
    progress: Receiver<Progress>,
    /// Held for its drop: it ends the thread.
    _input: Input,
    drawn: Option<Instant>,
}

impl<'a> Loop<'a> {
    fn new(session: &'a mut FixSession) -> io::Result<Self> {
        let (sender, keys) = unbounded();
        let input = Input::start(sender, Event::of, || Event::InputLost)?;
        let ended = session.app.search.run == Run::Ended;
        let progress = if ended { never() } else { session.progress.clone() };
        Ok(Self { session, keys, progress, _input: input, drawn: None })
    }

    fn run(mut self, screen: &mut Screen) -> io::Result<FixDecision> {
        loop {
            self.draw(screen)?;
            let mut effects = vec![self.wait()];
            effects.extend(self.pending());
            for effect in effects {
                match effect {
                    Effect::None => {}
                    Effect::Redraw => screen.reset()?,
                    Effect::Suspend => {
                        screen.suspend()?;
                        self.drawn = None;
                    }
                    Effect::StopSearch => self.session.cancel.cancel(),
                    Effect::Finish(decision) => return Ok(decision),
                }
            }
        }
    }

    /// Waits for one event, but not longer than a tick.
    fn wait(&mut self) -> Effect {
        let event = select! {
            recv(self.keys) -> event => {
                // A key is answered at once.
                self.drawn = None;
                event.unwrap_or(Event::InputLost)
            }
            recv(self.progress) -> progress => match progress {
                Ok(progress) => Event::Progress(Box::new(progress)),
                Err(_) => {
                    self.progress = never();
                    Event::SearchEnded
                }
            },
            default(TICK) => {
                self.drawn = None;
                Event::Tick { left: None }
            }
        };
        match event {
            Event::Tick { .. } => Effect::None,
            event => self.update(event),
        }
    }

    /// Signals, the clock, and the reports that have piled up.
    fn pending(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for _ in 0..BATCH {
            let event = match self.progress.try_recv() {
                Ok(progress) => Event::Progress(Box::new(progress)),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.progress = never();
                    Event::SearchEnded
                }
            };
            effects.push(self.update(event));
        }
        for crash in terminal::take_crashes() {
            effects.push(self.update(Event::Note(crash)));
        }
        let left = self.session.cancel.remaining();
        effects.push(self.update(Event::Tick { left }));
        if self.session.interrupt.load(Ordering::SeqCst) || terminal::has_hung_up() {
            effects.push(self.update(Event::Interrupted));
        }
        if terminal::stop_requested() {
            effects.push(Effect::Suspend);
        } else if terminal::was_continued() {
            effects.push(Effect::Redraw);
        }
        effects.retain(|effect| *effect != Effect::None);
        effects
    }

    fn update(&mut self, event: Event) -> Effect {
        let now = self.session.started.elapsed();
        self.session.app.update(now, event)
    }

    fn draw(&mut self, screen: &mut Screen) -> io::Result<()> {
        if self.drawn.is_some_and(|at| at.elapsed() < FRAME) {
            return Ok(());
        }
        let FixSession { app, look, .. } = &mut *self.session;
        let mut viewport = app.view;
        screen.draw(|frame| viewport = view::draw(frame, app, *look))?;
        if viewport != app.view {
            app.view = viewport;
            app.clamp();
            screen.draw(|frame| {
                view::draw(frame, app, *look);
            })?;
        }
        self.drawn = Some(Instant::now());
        Ok(())
    }
}

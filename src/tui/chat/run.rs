//! The loop of the chat screen: waits for events, feeds them to the state, performs what it wants.
//!
//! A key is drawn at once; what a model writes is gathered into frames.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select, unbounded};

use super::app::App;
use super::event::{Act, Event};
use super::{ChatScreen, Left, mention, view};
use crate::agent::chat::{self, Conversation, Perform};
use crate::tui::event::Input;
use crate::tui::terminal::{self, Mouse, Screen};

/// Time between looks at signals, and between the pictures of what moves by itself.
const TICK: Duration = Duration::from_millis(100);
/// Text that comes in alone never causes more drawing than this.
const FRAME: Duration = Duration::from_millis(40);
/// Events taken in before the screen is drawn and the other side gets its turn.
const BATCH: usize = 1_024;

/// Shows the conversation until the person leaves, and gives it back.
///
/// Check [`is_usable`](crate::tui::is_usable) first.
///
/// # Errors
/// When the terminal cannot be set up, read or written. It is restored in every case; the conversation is
/// lost, but for what it had logged.
pub fn run(
    conversation: Conversation,
    perform: &mut dyn Perform,
    events: Receiver<chat::Event>,
    screen: ChatScreen,
) -> io::Result<(Conversation, Left)> {
    let mouse = if screen.mouse { Mouse::Reported } else { Mouse::Left };
    let app = App::new(conversation, &screen);
    let mut terminal = Screen::open(mouse)?;
    let (sender, keys) = unbounded();
    let input = Input::start(sender, Event::of, || Event::InputLost)?;
    let ChatScreen { root, interrupt, .. } = screen;
    let started = Instant::now();
    let state =
        Loop { app, perform, events, keys, root, interrupt, started, drawn: None, dirty: true };
    let left = state.run(&mut terminal);
    drop(input);
    left
}

struct Loop<'a> {
    app: App,
    perform: &'a mut dyn Perform,
    events: Receiver<chat::Event>,
    keys: Receiver<Event>,
    root: PathBuf,
    interrupt: Arc<AtomicBool>,
    started: Instant,
    drawn: Option<Instant>,
    /// Something has changed since it was drawn.
    dirty: bool,
}

impl Loop<'_> {
    fn run(mut self, screen: &mut Screen) -> io::Result<(Conversation, Left)> {
        loop {
            self.draw(screen)?;
            let mut acts = self.wait();
            acts.extend(self.pending());
            if let Some(left) = self.perform(acts, screen)? {
                return Ok((self.app.conversation, left));
            }
        }
    }

    /// Waits for one event: until the next frame when one is due, else for a tick.
    fn wait(&mut self) -> Vec<Act> {
        let due = self.drawn.map_or(Duration::ZERO, |at| FRAME.saturating_sub(at.elapsed()));
        let wait = if self.dirty { due } else { TICK };
        select! {
            recv(self.keys) -> event => {
                // A key is answered at once.
                self.drawn = None;
                self.update(event.unwrap_or(Event::InputLost))
            }
            recv(self.events) -> event => match event {
                Ok(event) => self.update(Event::Chat(Box::new(event))),
                Err(_) => {
                    self.events = never();
                    Vec::new()
                }
            },
            default(wait) => {
                self.dirty |= self.app.is_moving();
                Vec::new()
            }
        }
    }

    /// What has piled up besides: keys first.
    fn pending(&mut self) -> Vec<Act> {
        let mut acts = Vec::new();
        for _ in 0..BATCH {
            let Ok(event) = self.keys.try_recv() else { break };
            self.drawn = None;
            acts.extend(self.update(event));
        }
        for _ in 0..BATCH {
            let Ok(event) = self.events.try_recv() else { break };
            acts.extend(self.update(Event::Chat(Box::new(event))));
        }
        for crash in terminal::take_crashes() {
            acts.extend(self.update(Event::Note(crash)));
        }
        if self.interrupt.load(Ordering::SeqCst) || terminal::has_hung_up() {
            acts.extend(self.update(Event::Interrupted));
        }
        if terminal::stop_requested() {
            acts.push(Act::Suspend);
        } else if terminal::was_continued() {
            acts.push(Act::Redraw);
        }
        acts
    }

    fn update(&mut self, event: Event) -> Vec<Act> {
        self.dirty = true;
        self.app.update(self.started.elapsed(), event)
    }

    /// Performs; what it leads to comes right behind.
    fn perform(&mut self, acts: Vec<Act>, screen: &mut Screen) -> io::Result<Option<Left>> {
        for act in acts {
            match act {
                Act::Perform(effect) => self.perform.perform(effect),
                Act::Read { text, mentions } => {
                    let files = mentions.iter().map(|m| mention::attach(m, &self.root)).collect();
                    let acts = self.app.said(text, files);
                    if let Some(left) = self.perform(acts, screen)? {
                        return Ok(Some(left));
                    }
                }
                Act::Emit(sequence) => screen.emit(&sequence)?,
                Act::Redraw => {
                    screen.reset()?;
                    (self.drawn, self.dirty) = (None, true);
                }
                Act::Suspend => {
                    screen.suspend()?;
                    (self.drawn, self.dirty) = (None, true);
                }
                Act::Leave(left) => return Ok(Some(left)),
            }
        }
        Ok(None)
    }

    fn draw(&mut self, screen: &mut Screen) -> io::Result<()> {
        if !self.dirty || self.drawn.is_some_and(|at| at.elapsed() < FRAME) {
            return Ok(());
        }
        self.app.update(self.started.elapsed(), Event::Tick);
        screen.draw(|frame| view::draw(frame, &mut self.app))?;
        (self.drawn, self.dirty) = (Some(Instant::now()), false);
        Ok(())
    }
}

//! What can happen on the chat screen, and what its loop has to do about it.

use ratatui::crossterm::event::{self as terminal, KeyEvent, KeyEventKind, MouseEventKind};

use super::Left;
use super::mention::Mention;
use crate::agent::chat;

/// Everything the screen reacts to.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Key(KeyEvent),
    /// Text put in as a whole: never keys.
    Paste(String),
    /// The wheel: lines down, or up when negative.
    Wheel(isize),
    /// The window has another size.
    Resized,
    /// The model, a tool, the program reports.
    Chat(Box<chat::Event>),
    /// Time has passed.
    Tick,
    /// A signal asked us to end.
    Interrupted,
    /// The keyboard cannot be read any more.
    InputLost,
    /// Something to say that no one else says: a crash kept off the screen.
    Note(String),
}

/// What the loop must do after an event, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Perform(chat::Effect),
    /// Read what the message mentions and come back with it: [`App::said`](super::app::App::said).
    Read {
        text: String,
        mentions: Vec<Mention>,
    },
    /// Put a sequence through to the terminal as it is.
    Emit(String),
    /// Draw everything again, whatever the terminal shows now.
    Redraw,
    /// Give the terminal back until the shell continues us.
    Suspend,
    Leave(Left),
}

/// Lines that one notch of the wheel moves.
const NOTCH: isize = 3;

impl Event {
    /// What the terminal reports, when it concerns us.
    pub(super) fn of(event: terminal::Event) -> Option<Self> {
        match event {
            terminal::Event::Key(key) if key.kind != KeyEventKind::Release => Some(Self::Key(key)),
            terminal::Event::Paste(text) => Some(Self::Paste(text)),
            terminal::Event::Resize(..) => Some(Self::Resized),
            terminal::Event::Mouse(mouse) => match mouse.kind {
                MouseEventKind::ScrollUp => Some(Self::Wheel(-NOTCH)),
                MouseEventKind::ScrollDown => Some(Self::Wheel(NOTCH)),
                _ => None,
            },
            _ => None,
        }
    }
}

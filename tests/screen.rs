//! The screens of the real binary in a real terminal (tmux): what they show, what their keys do, and that the
//! terminal afterwards is as it was, whichever way the screen ended.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

#[path = "screen/chat.rs"]
mod chat;
#[path = "screen/fix.rs"]
mod fix;
#[path = "screen/refactor.rs"]
mod refactor;
mod support;
#[path = "screen/terminal.rs"]
mod terminal;

//! A conversation that works on a repository.
//!
//! [`Conversation`] is pure: it takes an [`Event`] and gives back [`Effect`]s, and knows no clock, file,
//! model or terminal. `drive` performs the effects on threads of its own and reports as events. The
//! model fills one slot at a time, words or one [`Call`]; what is run, shown or written is decided here,
//! by [`policy`] and by the person.
//!
//! ```text
//! person --Event--> Conversation --Effect--> Perform (engine thread, tool thread)
//!                        ^-----------Event-----------'
//! ```

mod answer;
pub mod call;
mod calling;
pub mod calls;
pub mod command;
mod commanded;
pub mod drive;
pub mod entry;
mod errand;
pub mod log;
pub mod policy;
mod state;
pub mod tools;
mod turn;
pub mod typed;
pub mod window;

pub use call::{Call, Change};
pub use command::Command;
pub use entry::{Attached, Entry, Outcome};
pub use policy::Mode;
pub use state::{
    Activity, Conversation, Effect, Event, Loaded, ModelState, Perform, Permit, Prompt, Reply,
    Streaming, Totals,
};

#[cfg(test)]
mod tests;

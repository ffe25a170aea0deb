//! How a model spells what it asks for, and how that is read.
//!
//! There are two forms. The plain one is made of lines and raw blocks and is written under
//! `grammars/chat.gbnf`, so that a model that was never taught to call tools cannot misspell it. The native one
//! is the JSON in `<tool_call>` that many models were taught. Reading does not depend on the form: models
//! mix them, and a call that is not recognised would be shown as an answer.

mod json;
mod native;
mod parts;
mod plain;
mod read;
mod shown;

pub use read::{Reading, read};
pub use shown::{Shown, is_looping, shown};

use super::call::Call;
use crate::engine::quote;

/// The grammar of an answer in the plain form: lines of text, then at most one call.
pub const GRAMMAR: &str = include_str!("../../../../grammars/chat.gbnf");

/// How a model is asked to spell calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// `CALL read src/a.py 1-40`, under the grammar.
    #[default]
    Plain,
    /// `<tool_call>{"name": "read", "arguments": {...}}</tool_call>`.
    Native,
}

/// `call` as the model would have written it, for its own turn in a prompt. What may hold anything is quoted.
pub fn spell(form: Form, call: &Call) -> String {
    match form {
        Form::Plain => quote(&plain::spell(call)),
        Form::Native => format!("<tool_call>\n{}\n</tool_call>", quote(&native::spell(call))),
    }
}

#[cfg(test)]
mod tests;

//! Conversations as models are given them: turns, tools, and whether to think.

use serde::{Deserialize, Serialize};

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    System,
    User,
    Assistant,
    /// What came of a call of the turn before. A model whose template knows no such turn reads it as the
    /// user's.
    Tool,
}

impl Role {
    /// As templates and servers spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// A conversation to be answered.
///
/// Calls of earlier turns stand in the content of the assistant's messages, as the model spelled them:
/// what was generated is what the next prompt repeats, which keeps the prefix in memory good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatRequest {
    pub messages: Vec<Message>,
    /// Ignored by a template that knows no tools ([`super::ModelInfo::calls_tools`]).
    pub tools: Vec<ToolSpec>,
    /// Whether a model that can do both thinks before it answers.
    pub thinking: bool,
}

impl ChatRequest {
    /// Without tools and without thinking.
    pub fn new(messages: &[Message]) -> Self {
        Self { messages: messages.to_vec(), ..Self::default() }
    }
}

/// A tool that a model may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// The arguments: a JSON schema of an object.
    pub parameters: String,
}

/// The same turns, those of tools as the user's.
pub(crate) fn without_tool_turns(messages: &[Message]) -> Vec<Message> {
    let told = messages.iter().map(|message| match message.role {
        Role::Tool => Message { role: Role::User, content: message.content.clone() },
        _ => message.clone(),
    });
    told.collect()
}

//! A model's own chat template, rendered as Hugging Face's tokenizers would.
//!
//! The template comes with the model file, so it is untrusted: it runs with bounded fuel, sees
//! only the messages and two token texts, and its output is a prompt, nothing else.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};
use serde::Serialize as _;
use serde_json::Serializer;
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::engine::conversation::without_tool_turns;
use crate::engine::{ChatRequest, Message, Role, ToolSpec};

/// Instructions a template may execute; real ones need a few thousand.
const FUEL: u64 = 2_000_000;
/// Longest template accepted, in bytes.
const MAX_TEMPLATE: usize = 256 * 1024;

/// The texts of tokens that templates refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct TokenTexts {
    pub(super) bos: String,
    pub(super) eos: String,
}

/// Whether a template lists tools.
pub(super) fn calls_tools(template: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    template.match_indices("tools").any(|(at, word)| {
        !template[..at].ends_with(is_word) && !template[at + word.len()..].starts_with(is_word)
    })
}

/// Renders a conversation with `template`, ready for the assistant's turn.
///
/// What a template refuses is tried otherwise: results of tools as the user's words, a system message
/// as part of the first of these, neighbours of one role as one turn. A template that does not speak of
/// tools' turns is not asked for one.
///
/// # Errors
/// What the template engine, or the template by `raise_exception`, says at first.
pub(super) fn render(
    template: &str,
    chat: &ChatRequest,
    tokens: &TokenTexts,
) -> Result<String, String> {
    if template.len() > MAX_TEMPLATE {
        return Err(format!("it is {} bytes long", template.len()));
    }
    let tools = chat.tools.iter().map(signature).collect::<Result<Vec<Value>, _>>()?;
    let ask = |messages: &[Message]| attempt(template, messages, &tools, chat.thinking, tokens);
    let mut messages = match ["'tool'", "\"tool\""].iter().any(|name| template.contains(name)) {
        true => chat.messages.clone(),
        false => without_tool_turns(&chat.messages),
    };
    let refusal = match ask(&messages) {
        Ok(prompt) => return Ok(prompt),
        Err(error) => explain(&error),
    };
    for concession in [without_system, without_tool_turns, joined] {
        let conceded = concession(&messages);
        if conceded != messages {
            messages = conceded;
            if let Ok(prompt) = ask(&messages) {
                return Ok(prompt);
            }
        }
    }
    Err(refusal)
}

/// The system's words at the head of the user's first ones.
fn without_system(messages: &[Message]) -> Vec<Message> {
    match messages {
        [system, user, rest @ ..] if system.role == Role::System && user.role == Role::User => {
            let content = format!("{}\n\n{}", system.content, user.content);
            let mut merged = vec![Message { role: Role::User, content }];
            merged.extend_from_slice(rest);
            merged
        }
        _ => messages.to_vec(),
    }
}

/// No two turns of one role after another: some templates insist on alternation.
fn joined(messages: &[Message]) -> Vec<Message> {
    let mut out: Vec<Message> = Vec::with_capacity(messages.len());
    for message in messages {
        match out.last_mut() {
            Some(last) if last.role == message.role => {
                last.content.push_str("\n\n");
                last.content.push_str(&message.content);
            }
            _ => out.push(message.clone()),
        }
    }
    out
}

/// A tool in the shape of OpenAI's interface, which templates are written for.
fn signature(tool: &ToolSpec) -> Result<Value, String> {
    let parameters: Value = serde_json::from_str(&tool.parameters)
        .map_err(|error| format!("the parameters of the tool {}: {error}", tool.name))?;
    Ok(context! {
        type => "function",
        function => context! {
            name => tool.name,
            description => tool.description,
            parameters => parameters,
        },
    })
}

fn explain(error: &Error) -> String {
    let line = error.line().map(|line| format!(" (line {line} of the template)"));
    format!("{error}{}", line.unwrap_or_default())
}

fn attempt(
    template: &str,
    messages: &[Message],
    tools: &[Value],
    thinking: bool,
    tokens: &TokenTexts,
) -> Result<String, Error> {
    let mut env = Environment::new();
    // As `transformers` sets its Jinja up.
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    env.set_undefined_behavior(UndefinedBehavior::Chainable);
    env.set_fuel(Some(FUEL));
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    env.add_function("strftime_now", |format: String| strftime(&format, now()));
    env.add_filter("tojson", to_json);
    env.add_template("chat", template)?;
    let mut results = 0;
    let list: Vec<Value> = messages
        .iter()
        .map(|message| {
            let (role, content) = (message.role.name(), &message.content);
            if message.role != Role::Tool {
                return context! { role => role, content => content };
            }
            results += 1;
            // Mistral's templates want nine letters.
            let id = format!("call{results:05}");
            context! { role => role, content => content, tool_call_id => id }
        })
        .collect();
    // A list that is empty counts as one to some templates.
    let tools = if tools.is_empty() { Value::from(()) } else { Value::from(tools.to_vec()) };
    env.get_template("chat")?.render(context! {
        messages => list,
        tools => tools,
        add_generation_prompt => true,
        bos_token => tokens.bos,
        eos_token => tokens.eos,
        enable_thinking => thinking,
    })
}

/// As `transformers` spells JSON: a blank after `,` and `:`, no letter escaped that need not be.
fn to_json(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let mut out = Vec::new();
    let written = match indent {
        Some(width) => {
            let blanks = " ".repeat(width.min(16));
            let style = PrettyFormatter::with_indent(blanks.as_bytes());
            value.serialize(&mut Serializer::with_formatter(&mut out, style))
        }
        None => value.serialize(&mut Serializer::with_formatter(&mut out, Spaced)),
    };
    let text = written
        .map_err(|error| error.to_string())
        .and_then(|()| String::from_utf8(out).map_err(|error| error.to_string()));
    text.map(Value::from_safe_string)
        .map_err(|reason| Error::new(ErrorKind::BadSerialization, reason))
}

/// JSON on one line with blanks between, as Python writes it.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The conversions that chat templates use, in UTC; others are left as they stand.
fn strftime(format: &str, seconds: u64) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] =
        ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    let (year, month, day) = civil(seconds / 86_400);
    let weekday = DAYS[(seconds / 86_400 % 7) as usize];
    let name = MONTHS[(month - 1) as usize];
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => out.push_str(&year.to_string()),
            Some('y') => out.push_str(&format!("{:02}", year % 100)),
            Some('m') => out.push_str(&format!("{month:02}")),
            Some('d') => out.push_str(&format!("{day:02}")),
            Some('H') => out.push_str(&format!("{:02}", seconds / 3600 % 24)),
            Some('M') => out.push_str(&format!("{:02}", seconds / 60 % 60)),
            Some('S') => out.push_str(&format!("{:02}", seconds % 60)),
            Some('B') => out.push_str(name),
            Some('b') => out.push_str(&name[..3]),
            Some('A') => out.push_str(weekday),
            Some('a') => out.push_str(&weekday[..3]),
            Some('F') => out.push_str(&format!("{year}-{month:02}-{day:02}")),
            Some('%') | None => out.push('%'),
            Some(other) => out.extend(['%', other]),
        }
    }
    out
}

/// Days since 1970-01-01 to year, month, day. Howard Hinnant's `civil_from_days`.
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
#[path = "chat_tests.rs"]
mod tests;

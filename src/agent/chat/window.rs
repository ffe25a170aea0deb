//! Which entries become which messages of a prompt, and what is done when they are too many.
//!
//! A prompt begins with words that do not change and then only grows, so that what was computed for the
//! last one is found again. When it no longer fits, results of older turns are shortened, in one go; when that
//! is not enough older turns become a summary. Nothing is left out without a word to the person.

use std::collections::HashMap;

use super::calls::{self, Form};
use super::entry::{Attached, Entry, Outcome};
use super::policy::Mode;
use super::state::Prompt;
use crate::base::{Cancel, floor_char};
use crate::engine::{
    ChatRequest, Engine, EngineError, GenerateRequest, Message, Role, Sampling, ToolSpec, quote,
};

const SYSTEM: &str = include_str!("../../../prompts/chat_system.md");
const PLAIN: &str = include_str!("../../../prompts/chat_tools_plain.md");
const NATIVE: &str = include_str!("../../../prompts/chat_tools.json");
const SUMMARISE: &str = include_str!("../../../prompts/chat_summary.md");
const PLAN: &str = include_str!("../../../prompts/chat_plan.md");

/// Tokens of one answer, at most; of a smaller context a third.
const ANSWER: usize = 2048;
/// Tokens of a summary, at most.
const SUMMARY: usize = 320;
/// Bytes around a text in a prompt.
const FRAME: usize = 24;
/// Bytes that are left of a result that was shortened.
const SHORT: usize = 400;
/// Bytes of any one text when everything else has been tried, one after another.
const BLOCKS: [usize; 5] = [8_000, 4_000, 2_000, 1_000, 400];

/// Makes prompts for one model.
#[derive(Debug)]
pub struct Window {
    form: Form,
    system: String,
    /// For the model's own template.
    tools: Vec<ToolSpec>,
    /// Results of calls up to this one are shortened.
    shortened: u64,
    /// Bytes of any one text.
    block: usize,
    /// Files that are kept in the context, as they were last rendered.
    kept: HashMap<String, String>,
}

/// A prompt that fits.
#[derive(Debug)]
pub struct Fitted {
    pub prompt: String,
    /// Tokens of it.
    pub tokens: usize,
    /// Tokens that the answer may have.
    pub answer: usize,
    /// What stands for all entries but the last so many.
    pub summary: Option<(String, usize)>,
    /// What the person should know of it.
    pub notes: Vec<String>,
}

/// Reads a file that is kept in the context; `None` when it cannot be.
pub type ReadFile<'r> = &'r dyn Fn(&str) -> Option<String>;

impl Window {
    /// For a model that spells calls in this form, working on `repository`, whose tests are run with `tests`.
    pub fn new(form: Form, repository: &str, tests: Option<&str>) -> Self {
        let (plain, tools) = match form {
            Form::Plain => (PLAIN, Vec::new()),
            Form::Native => ("", specs()),
        };
        let tests = tests.map_or_else(String::new, |tests| {
            format!("- Tests are run with `{}`.\n", quote(tests))
        });
        let system = SYSTEM
            .trim_end()
            .replace("{tests}", &tests)
            .replace("{tools}", plain)
            .trim_end()
            .replacen("{repository}", &quote(repository), 1);
        let kept = HashMap::new();
        Self { form, system, tools, shortened: 0, block: usize::MAX, kept }
    }

    /// The form of calls.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The messages of a prompt, as they are without regard to their length.
    pub fn messages(&mut self, prompt: &Prompt, read: ReadFile<'_>) -> Vec<Message> {
        for path in &prompt.pinned {
            let now = read(path).unwrap_or_else(|| "(it cannot be read now)".to_owned());
            self.kept.insert(path.clone(), now);
        }
        self.kept.retain(|path, _| prompt.pinned.contains(path));
        let mut list = List::new(&self.system);
        // Files whose entry is behind a summary come at the beginning.
        let placed = |path: &String| {
            prompt
                .entries
                .iter()
                .any(|e| matches!(e, Entry::Pinned { path: p, pinned: true } if p == path))
        };
        let (mut begun, early): (bool, Vec<&String>) =
            (false, prompt.pinned.iter().filter(|path| !placed(path)).collect());
        for (at, entry) in prompt.entries.iter().enumerate() {
            if !begun && !matches!(entry, Entry::Summary { .. }) {
                begun = true;
                early.iter().for_each(|path| list.user(&self.file(path)));
            }
            let last = !prompt.entries[at + 1..].iter().any(|other| is_pin(other, entry));
            self.add(&mut list, entry, last);
        }
        if let Some(remark) = &prompt.remark {
            list.user(&format!(
                "(Your last answer could not be used: {} Answer again.)",
                quote(remark)
            ));
        }
        list.messages
    }

    fn add(&self, list: &mut List, entry: &Entry, last: bool) {
        match entry {
            Entry::User { text, attached } => {
                list.user(&quote(&self.cut(text)));
                attached.iter().for_each(|file| list.user(&self.attached(file)));
            }
            Entry::Assistant { text, .. } if !text.is_empty() => list.assistant(&quote(text)),
            Entry::Call { call, .. } => list.assistant(&calls::spell(self.form, call)),
            Entry::Result { id, outcome } => {
                let role = match self.form {
                    Form::Plain => Role::User,
                    Form::Native => Role::Tool,
                };
                list.add(role, "\n\n", &self.result(*id, outcome));
            }
            Entry::ModeChanged { mode: Mode::Plan } => list.user(PLAN.trim()),
            Entry::ModeChanged { mode } => list.user(match mode {
                Mode::ReadOnly => "(Mode: read-only. Nothing can be edited or run now.)",
                _ => "(Mode: files can be edited and commands run, with the person's consent.)",
            }),
            Entry::Pinned { path, pinned: true } if last && self.kept.contains_key(path) => {
                list.user(&self.file(path));
            }
            Entry::Summary { text, .. } => {
                list.user(&format!("(What was said before, in short:)\n{}", quote(text)));
            }
            _ => {}
        }
    }

    fn result(&self, id: u64, outcome: &Outcome) -> String {
        let text = if id <= self.shortened && outcome.text.len() > SHORT {
            format!("{}\n[shortened; ask again for the rest]", head(&outcome.text, SHORT))
        } else {
            self.cut(&outcome.text)
        };
        match self.form {
            Form::Plain => {
                let how = if outcome.ok { "RESULT" } else { "RESULT (failed)" };
                format!("{how}\n{}", quote(&text))
            }
            Form::Native => quote(&text),
        }
    }

    fn file(&self, path: &str) -> String {
        let text = self.kept.get(path).map_or("", String::as_str);
        format!("(Kept file {}:)\n{}", quote(path), quote(&self.cut(text)))
    }

    fn attached(&self, file: &Attached) -> String {
        let lines = file.lines.map_or_else(String::new, |(a, b)| format!(" lines {a}-{b}"));
        format!("(File {}{lines}:)\n{}", quote(&file.path), quote(&self.cut(&file.text)))
    }

    fn cut(&self, text: &str) -> String {
        head_and_tail(text, self.block)
    }

    /// A prompt that leaves room for an answer.
    ///
    /// # Errors
    /// When the engine fails, or what was said last is larger than the context however it is cut.
    pub fn fit(
        &mut self,
        prompt: &Prompt,
        engine: &mut dyn Engine,
        cancel: &Cancel,
        read: ReadFile<'_>,
    ) -> Result<Fitted, EngineError> {
        let context = engine.info().context;
        let answer = ANSWER.min(context / 3).max(1);
        let room = context.saturating_sub(answer + 1);
        let mut notes = Vec::new();
        let (mut text, mut tokens) = self.render(prompt, engine, read)?;
        if tokens > room && self.shorten(&prompt.entries) {
            let before = tokens;
            (text, tokens) = self.render(prompt, engine, read)?;
            notes.push(format!(
                "the context was full: results of older turns were shortened ({before} to {tokens} tokens)"
            ));
        }
        let mut summary = None;
        // Some air: what only just fits has to be shortened again at once.
        if tokens > room - room / 8 * usize::from(!notes.is_empty()) {
            let entries = &prompt.entries;
            let ratio = tokens as f64 / text.len().max(1) as f64;
            // What stays in any case has its room; of the rest half is left for what comes.
            let stays = self.system.len() + self.kept.values().map(String::len).sum::<usize>();
            let free = room.saturating_sub((stays as f64 * ratio) as usize);
            let split = self.split(entries, free / 2, ratio);
            if split > 0 {
                let words = self.summarise(prompt, split, engine, cancel, read)?;
                let kept = entries.len() - split;
                let stands = Entry::Summary { text: words.clone(), kept };
                let rest = std::iter::once(stands).chain(entries[split..].iter().cloned());
                let shorter = Prompt { entries: rest.collect(), ..prompt.clone() };
                self.block = usize::MAX;
                (text, tokens) = self.render(&shorter, engine, read)?;
                summary = Some((words, kept));
                (text, tokens) =
                    self.squeeze(&shorter, (text, tokens), room, engine, read, &mut notes)?;
                return Ok(Fitted { prompt: text, tokens, answer, summary, notes });
            }
        }
        (text, tokens) = self.squeeze(prompt, (text, tokens), room, engine, read, &mut notes)?;
        Ok(Fitted { prompt: text, tokens, answer, summary, notes })
    }

    fn render(
        &mut self,
        prompt: &Prompt,
        engine: &mut dyn Engine,
        read: ReadFile<'_>,
    ) -> Result<(String, usize), EngineError> {
        let messages = self.messages(prompt, read);
        let tools = self.tools.clone();
        let text = engine.render(&ChatRequest { messages, tools, thinking: false })?;
        let tokens = engine.count_tokens(&text)?;
        Ok((text, tokens))
    }

    /// Shortens the results of older turns, and of this one all but the last two; false when they are already.
    fn shorten(&mut self, entries: &[Entry]) -> bool {
        let ids: Vec<u64> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Result { id, outcome } if outcome.text.len() > SHORT => Some(*id),
                _ => None,
            })
            .collect();
        let until = ids.len().checked_sub(3).map_or(0, |at| ids[at]);
        let before = self.shortened;
        self.shortened = before.max(until);
        ids.iter().any(|id| *id > before && *id <= self.shortened)
    }

    /// How many entries have to go so that the rest takes at most `budget` tokens: up to a message, or up to a call
    /// of the turn that is going on.
    fn split(&self, entries: &[Entry], budget: usize, ratio: f64) -> usize {
        let last = entries.iter().rposition(|e| matches!(e, Entry::User { .. })).unwrap_or(0);
        let may = |at: usize| match entries[at] {
            Entry::User { .. } => true,
            Entry::Call { .. } => at > last,
            _ => false,
        };
        let mut size = 0.0;
        let mut best = None;
        for at in (1..entries.len()).rev() {
            size += (self.size(&entries[at]) + FRAME) as f64 * ratio;
            if may(at) {
                if size > budget as f64 && best.is_some() {
                    break;
                }
                best = Some(at);
            }
        }
        best.unwrap_or(0)
    }

    fn size(&self, entry: &Entry) -> usize {
        match entry {
            Entry::User { text, attached } => {
                text.len() + attached.iter().map(|file| file.text.len() + 40).sum::<usize>()
            }
            Entry::Assistant { text, .. } | Entry::Summary { text, .. } => text.len(),
            Entry::Call { call, .. } => calls::spell(self.form, call).len(),
            Entry::Result { id, outcome } if *id <= self.shortened => outcome.text.len().min(SHORT),
            Entry::Result { outcome, .. } => outcome.text.len(),
            _ => 60,
        }
    }

    /// What is to stand for the first `split` entries: in the model's words where it has any, and what is known.
    fn summarise(
        &mut self,
        prompt: &Prompt,
        split: usize,
        engine: &mut dyn Engine,
        cancel: &Cancel,
        read: ReadFile<'_>,
    ) -> Result<String, EngineError> {
        let (old, rest) = prompt.entries.split_at(split);
        let request = Entry::User { text: SUMMARISE.trim().to_owned(), attached: Vec::new() };
        let context = engine.info().context;
        let mut words = String::new();
        // Begun with all of it, whose beginning is in the cache; of what is too long the later half.
        let mut from = 0;
        while from < split {
            let entries = old[from..].iter().cloned().chain([request.clone()]).collect();
            let asked = Prompt { entries, remark: None, ..prompt.clone() };
            let (text, tokens) = self.render(&asked, engine, read)?;
            if tokens + SUMMARY < context {
                words = written(text, engine, cancel);
                break;
            }
            from += (split - from).div_ceil(2);
        }
        if words.is_empty() {
            words = requests(old);
        }
        words = head(&words, context.min(1_600)).trim().to_owned();
        let facts = facts(old);
        if !facts.is_empty() {
            words = format!("{words}\n{facts}");
        }
        let goes_on = !rest.iter().any(|entry| matches!(entry, Entry::User { .. }));
        if goes_on
            && let Some(Entry::User { text, .. }) =
                old.iter().rfind(|entry| matches!(entry, Entry::User { .. }))
        {
            words = format!("{words}\nThe request that is being worked on: {}", head(text, 2_000));
        }
        Ok(words)
    }

    /// Cuts single texts until the whole fits.
    fn squeeze(
        &mut self,
        prompt: &Prompt,
        now: (String, usize),
        room: usize,
        engine: &mut dyn Engine,
        read: ReadFile<'_>,
        notes: &mut Vec<String>,
    ) -> Result<(String, usize), EngineError> {
        let (mut text, mut tokens) = now;
        let before = self.block;
        for block in BLOCKS.into_iter().filter(|block| *block < before) {
            if tokens <= room {
                break;
            }
            self.block = block;
            (text, tokens) = self.render(prompt, engine, read)?;
        }
        if tokens > room {
            return Err(EngineError::PromptTooLong { prompt: tokens, context: room });
        }
        if self.block != before {
            notes.push(format!(
                "the context is small: of long texts the model sees {} bytes, their beginning and end",
                self.block
            ));
        }
        Ok((text, tokens))
    }
}

/// The tools, as templates list them.
fn specs() -> Vec<ToolSpec> {
    let list: Vec<serde_json::Value> = serde_json::from_str(NATIVE).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|tool| ToolSpec {
            name: text(&tool["name"]),
            description: text(&tool["description"]),
            parameters: tool["parameters"].to_string(),
        })
        .collect()
}

/// True when `other` is a later entry about the same kept file as `entry`.
fn is_pin(other: &Entry, entry: &Entry) -> bool {
    matches!((other, entry), (Entry::Pinned { path: a, .. }, Entry::Pinned { path: b, .. }) if a == b)
}

/// Messages in the making: two in a row by the same side are one.
struct List {
    messages: Vec<Message>,
}

impl List {
    fn new(system: &str) -> Self {
        let messages = vec![Message { role: Role::System, content: system.to_owned() }];
        Self { messages }
    }

    fn user(&mut self, content: &str) {
        self.add(Role::User, "\n\n", content);
    }

    fn assistant(&mut self, content: &str) {
        // Templates want a person to begin: what they ran themselves comes without a message.
        if self.messages.len() == 1 {
            self.user("(The person begins with this:)");
        }
        self.add(Role::Assistant, "\n", content);
    }

    fn add(&mut self, role: Role, between: &str, content: &str) {
        match self.messages.last_mut().filter(|last| last.role == role) {
            Some(last) => last.content.extend([between, content]),
            None => self.messages.push(Message { role, content: content.to_owned() }),
        }
    }
}

/// What the model writes of itself; nothing when it fails or goes in circles.
fn written(prompt: String, engine: &mut dyn Engine, cancel: &Cancel) -> String {
    let request = GenerateRequest {
        prompt,
        max_tokens: SUMMARY,
        sampling: Sampling::Greedy,
        ..GenerateRequest::default()
    };
    let made = engine.generate(&request, cancel, &mut |_, _| ());
    let made = made.ok().and_then(|made| made.into_iter().next());
    let sound = made.filter(|made| !calls::is_looping(&made.text));
    sound.map(|made| calls::read(&made.text).text).unwrap_or_default()
}

/// What a person asked, where no model says it better.
fn requests(entries: &[Entry]) -> String {
    let lines = entries.iter().filter_map(|entry| match entry {
        Entry::Summary { text, .. } => Some(head(text, 800).to_owned()),
        Entry::User { text, .. } => {
            Some(format!("- The person asked: {}", head(text.lines().next()?, 200)))
        }
        _ => None,
    });
    let lines: Vec<String> = lines.collect();
    let skipped = lines.len().saturating_sub(12);
    lines[skipped..].join("\n")
}

/// What was done, which a model may get wrong.
fn facts(entries: &[Entry]) -> String {
    let mut changed: Vec<&str> = Vec::new();
    for entry in entries {
        if let Entry::Applied { files, .. } = entry {
            changed.extend(files.iter().map(String::as_str));
        }
    }
    changed.sort_unstable();
    changed.dedup();
    changed.truncate(40);
    if changed.is_empty() {
        String::new()
    } else {
        format!("Files changed: {}", changed.join(", "))
    }
}

/// The first `most` bytes, up to the end of a line where there is one.
fn head(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let cut = &text[..floor_char(text, most)];
    cut.rfind('\n').filter(|at| *at > most / 2).map_or(cut, |at| &cut[..at])
}

/// At most `most` bytes of a text: of a longer one the beginning and the end, with a word in between.
pub(super) fn head_and_tail(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let first = head(text, most / 2);
    let mut from = floor_char(text, text.len() - most / 2);
    if let Some(at) = text[from..].find('\n').filter(|at| *at < most / 4) {
        from += at + 1;
    }
    format!("{first}\n[... {} bytes left out ...]\n{}", from - first.len(), &text[from..])
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;

//! What would be sent to a server, to the letter, before anything is; and what its answer is worth.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::redact::{Redaction, Redactor};
use crate::agent::candidates::model::{self, Question};
use crate::agent::candidates::{Candidate, Rejected};
use crate::agent::proposal::Tier;
use crate::agent::sources::Sources;
use crate::base::sanitize;
use crate::engine::{Message, Role};

/// Said besides to a model that is shown less than the whole.
const REDACTED: &str = include_str!("../../../prompts/repair_redacted.md");

/// The letters of one request to the person, and of one round of the search.
#[derive(Debug)]
pub struct Draft {
    pub(in crate::agent) letters: Vec<Letter>,
    /// What was taken out of them.
    pub redactions: Vec<Redaction>,
}

/// One question as it would be sent.
#[derive(Debug)]
pub(in crate::agent) struct Letter {
    /// Whose place it asks about.
    question: Question,
    system: String,
    user: String,
    /// Lines of the file that something was taken out of.
    redacted: Vec<u32>,
    /// Files whose text is in it.
    files: BTreeSet<String>,
}

/// What has left the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Where to.
    pub endpoint: String,
    /// What the model is called there.
    pub model: String,
    /// Requests that were made, answered or not: for the list of its models, and the questions.
    pub requests: usize,
    /// The questions among them.
    pub questions: usize,
    /// Of the messages, without what the protocol adds.
    pub bytes: usize,
    pub files: BTreeSet<String>,
    pub redactions: Vec<Redaction>,
}

/// Why an answer is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("it is longer than any repair")]
    TooLong,
    #[error("it was cut off")]
    Cut,
    #[error("it is no edit of the lines that were shown")]
    NoEdit,
    #[error("it changes a line that something was taken out of")]
    Redacted,
    #[error("it changes a test")]
    Test,
    #[error("what it makes of the file does not parse")]
    DoesNotParse,
    #[error("it changes nothing, or reaches for the test runner")]
    Nothing,
}

impl Draft {
    /// The letters about `questions`; whole files that they are from are looked through for secrets first.
    pub(in crate::agent) fn new(questions: Vec<Question>, mut redactor: Redactor) -> Self {
        for question in &questions {
            redactor.learn(&question.source.text);
            question.texts().for_each(|text| redactor.learn(text));
        }
        let letters = questions.into_iter().map(|q| Letter::new(q, &mut redactor)).collect();
        Self { letters, redactions: redactor.found().to_vec() }
    }

    /// Bytes of all messages.
    pub fn bytes(&self) -> usize {
        self.letters.iter().map(Letter::bytes).sum()
    }

    /// Files whose text is in it, in order.
    pub fn files(&self) -> BTreeSet<String> {
        self.letters.iter().flat_map(|letter| letter.files.iter().cloned()).collect()
    }

    /// The whole of it, for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (number, letter) in (1..).zip(&self.letters) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "--- message {number} of {}, system", self.letters.len());
            let _ = writeln!(out, "{}", letter.system.trim_end());
            let _ = writeln!(out, "--- message {number} of {}, user", self.letters.len());
            let _ = writeln!(out, "{}", letter.user.trim_end());
        }
        sanitize(&out).into_owned()
    }

    /// What it is, in a few lines for people.
    pub fn account(&self) -> String {
        let mut out = String::new();
        let files: Vec<String> = self.files().into_iter().collect();
        let (messages, bytes) = (self.letters.len(), self.bytes());
        let _ = writeln!(
            out,
            "{messages} question(s), {bytes} bytes, with text of {}",
            files.join(", ")
        );
        for Redaction { number, kind, places } in &self.redactions {
            let _ = writeln!(out, "[REDACTED {number}] is {kind}: {}", places.join(", "));
        }
        sanitize(&out).into_owned()
    }
}

impl Letter {
    fn new(question: Question, redactor: &mut Redactor) -> Self {
        let path = question.source.path.to_string();
        let named = |name: &'static str| move |_: usize| name.to_owned();
        let mut plain = |text: &str, name| redactor.apply(text, &named(name)).text;
        let context = plain(&question.context, "what is said about the code around");
        let error = plain(&question.error, "the message of the failure");
        let values = plain(&question.values, "values at the failing frame");
        let place = |line: usize| format!("{path}:{}", question.first as usize + line);
        let code = redactor.apply(&question.code, &place);
        let redacted = code.lines.iter().filter_map(|line| u32::try_from(*line).ok());
        let redacted = redacted.map(|line| question.first + line).collect();
        let user = question.filled_with(&context, &error, &values, &code.text);
        let mut files: BTreeSet<String> = question.files.iter().cloned().collect();
        files.insert(path);
        let system = format!("{}\n{REDACTED}", model::SYSTEM.trim_end());
        Self { question, system, user, redacted, files }
    }

    /// As an engine takes them.
    pub(in crate::agent) fn messages(&self) -> [Message; 2] {
        [
            Message { role: Role::System, content: self.system.clone() },
            Message { role: Role::User, content: crate::engine::quote(&self.user) },
        ]
    }

    /// Bytes of its messages.
    pub(in crate::agent) fn bytes(&self) -> usize {
        self.system.len() + self.user.len()
    }

    /// Adds it to what has left.
    pub(in crate::agent) fn count_into(&self, sent: &mut Sent) {
        sent.requests += 1;
        sent.questions += 1;
        sent.bytes += self.bytes();
        sent.files.extend(self.files.iter().cloned());
    }

    /// The edit that an answer is, checked as an edit of a local model is, and for what was taken out.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub(in crate::agent) fn read(
        &self,
        answer: &str,
        rank: usize,
        sources: &Sources,
    ) -> Result<Candidate, Unusable> {
        if answer.len() > model::MAX_ANSWER {
            return Err(Unusable::TooLong);
        }
        // Without a grammar some say a word before.
        let start = answer.lines().position(|line| line.trim_start().starts_with("LINES "));
        let lines: Vec<&str> = answer.lines().skip(start.ok_or(Unusable::NoEdit)?).collect();
        let (from, to, text) = model::parse_answer(&lines.join("\n")).ok_or(Unusable::NoEdit)?;
        if text.contains("[REDACTED") || self.redacted.iter().any(|line| (from..=to).contains(line))
        {
            return Err(Unusable::Redacted);
        }
        let candidate = self.question.edit(from, to, &text, rank, Tier::Endpoint)?;
        match candidate.patch(sources) {
            Ok(_) => Ok(candidate),
            Err(Rejected::Forbidden) => Err(Unusable::Test),
            Err(Rejected::DoesNotParse) => Err(Unusable::DoesNotParse),
            Err(Rejected::Malformed) => Err(Unusable::Nothing),
        }
    }
}

//! The words that events are made of: closed lists, codes of slm's own source, and names of models.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::Language;

/// Most bytes of a model's name.
const LONGEST_NAME: usize = 64;
/// Most bytes of a code.
const LONGEST_CODE: usize = 32;
/// What stands for a name without a usable letter, and for what is no code.
const UNNAMED: &str = "unnamed";

/// A closed list: an enum, the word of each variant in files and on screen, and the way back.
macro_rules! words {
    ($(#[$about:meta])* $list:ident { $($(#[$note:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $list { $($(#[$note])* #[serde(rename = $word)] $variant,)+ }

        impl $list {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its word.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one with this word.
            pub fn of_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

words! {
    /// What slm was asked for.
    Task {
        Fix = "fix",
        Refactor = "refactor",
        Review = "review",
        Hook = "hook",
        Complete = "complete",
        Ask = "ask",
        /// One message of a conversation and all that answers it.
        Chat = "chat",
        Run = "run",
    }
}

words! {
    /// How a run ended.
    Status {
        /// Proven and written to the files.
        Fixed = "fixed",
        /// Proven, and not written: nobody agreed, or nobody was to.
        Proven = "proven",
        /// There is a proposal that nothing could prove.
        Unverified = "unverified",
        NoFix = "no-fix",
        /// The command passes: nothing is to be repaired.
        Passes = "passes",
        NotReproduced = "not-reproduced",
        /// Did what it was asked for.
        Done = "done",
        /// A review or a hook that found something to stop for.
        Blocked = "blocked",
        /// There is no answer.
        Nothing = "nothing",
        /// Refused, or not proven.
        NotDone = "not-done",
        Interrupted = "interrupted",
        Usage = "usage",
        /// Another slm was at work there.
        Locked = "locked",
        /// The environment or slm itself was at fault.
        Error = "error",
    }
}

words! {
    /// The generator whose candidate was the best.
    Tier {
        Rule = "rule",
        Compiler = "compiler",
        Transform = "transform",
        Model = "model",
        Endpoint = "endpoint",
        Refactoring = "refactoring",
    }
}

words! {
    /// The language of what was worked on.
    Lang {
        Python = "python",
        Rust = "rust",
        JavaScript = "javascript",
        TypeScript = "typescript",
        Go = "go",
    }
}

words! {
    /// How a generation ended.
    Ending {
        /// The model came to its end.
        Stop = "stop",
        /// It was as long as it was allowed to be.
        Length = "length",
        Cancelled = "cancelled",
        /// The model had nothing to say that was allowed.
        Nothing = "nothing",
        TooLong = "prompt-too-long",
        Died = "worker-died",
        Remote = "remote-failed",
        /// Any other error.
        Failed = "failed",
    }
}

impl Status {
    /// Whether it counts as a success; `None` for a run that was not there to succeed (a command that passes, a
    /// mistake in the command line, Ctrl-C).
    pub fn success(self) -> Option<bool> {
        match self {
            Self::Fixed | Self::Proven | Self::Done | Self::Blocked => Some(true),
            Self::Unverified | Self::NoFix | Self::Nothing | Self::NotDone | Self::Error => {
                Some(false)
            }
            Self::Passes | Self::NotReproduced | Self::Interrupted | Self::Usage | Self::Locked => {
                None
            }
        }
    }
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::Python => Self::Python,
            Language::Rust => Self::Rust,
            Language::JavaScript => Self::JavaScript,
            Language::TypeScript | Language::Tsx => Self::TypeScript,
            Language::Go => Self::Go,
        }
    }
}

/// A word that stands in slm's own source: lower-case letters, digits and hyphens, 32 bytes at most.
///
/// Made of a `&'static str`, which no text that was read while slm ran can be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Code(Cow<'static, str>);

impl Code {
    /// The code `word`; "unnamed" for what is none.
    pub fn new(word: &'static str) -> Self {
        Self(Cow::Borrowed(if is_code(word) { word } else { UNNAMED }))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Code {
    type Error = NoWord;

    fn try_from(word: String) -> Result<Self, NoWord> {
        if is_code(&word) { Ok(Self(Cow::Owned(word))) } else { Err(NoWord) }
    }
}

/// A word in a log that slm would not have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no word of a log")]
pub struct NoWord;

fn is_code(word: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !word.is_empty() && word.len() <= LONGEST_CODE && word.bytes().all(allowed)
}

/// The name of a model, never its path: ASCII letters, digits, spaces and `._+:-`, 64 bytes at most.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ModelName(String);

impl ModelName {
    /// The last component of `name` without `.gguf`, other characters replaced by `_`; "unnamed" when nothing is left.
    pub fn new(name: &str) -> Self {
        let last = name.rsplit(['/', '\\']).map(str::trim).find(|part| !part.is_empty());
        let allowed = |c: char| c.is_ascii_alphanumeric() || " ._+:-".contains(c);
        let clean = last.unwrap_or_default().chars().take(LONGEST_NAME);
        let clean: String = clean.map(|c| if allowed(c) { c } else { '_' }).collect();
        let mut rest = clean.trim();
        while let Some(shorter) = rest.strip_suffix(".gguf") {
            rest = shorter.trim_end();
        }
        Self(if rest.is_empty() { UNNAMED.to_owned() } else { rest.to_owned() })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ModelName {
    type Error = NoWord;

    fn try_from(name: String) -> Result<Self, NoWord> {
        let clean = Self::new(&name);
        if clean.0 == name { Ok(clean) } else { Err(NoWord) }
    }
}

/// Tells models of one name apart: the beginning of a hash, written as 8 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(u32);

impl Tag {
    /// Of these bytes, which are said to be the beginning of a file of `size` bytes.
    pub fn of(size: u64, beginning: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&size.to_le_bytes());
        hasher.update(beginning);
        let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
        Self(u32::from_be_bytes([a, b, c, d]))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.to_string()
    }
}

impl TryFrom<String> for Tag {
    type Error = NoWord;

    fn try_from(text: String) -> Result<Self, NoWord> {
        let tag = u32::from_str_radix(&text, 16).map(Self).map_err(|_| NoWord)?;
        if tag.to_string() == text { Ok(tag) } else { Err(NoWord) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_no_paths() {
        for (given, kept) in [
            ("Qwen2.5 Coder 0.5B", "Qwen2.5 Coder 0.5B"),
            ("/home/dev/models/tiny.gguf", "tiny"),
            ("C:\\Users\\dev\\tiny.gguf", "tiny"),
            ("org/model:7b", "model:7b"),
            ("models/", "models"),
            ("a\x1b]52;c;x\x07b", "a__52_c_x_b"),
            ("a.gguf .gguf", "a"),
            (".gguf", "unnamed"),
            ("", "unnamed"),
            ("é", "_"),
        ] {
            assert_eq!(ModelName::new(given).as_str(), kept, "{given:?}");
        }
    }

    #[test]
    fn codes_are_words() {
        assert_eq!(Code::new("rules-exhausted").as_str(), "rules-exhausted");
        for bad in ["", "Two", "a b", "a/b", "a-code-that-is-longer-than-the-32-bytes-allowed"] {
            assert_eq!(Code::new(bad).as_str(), "unnamed", "{bad}");
            assert_eq!(Code::try_from(bad.to_owned()), Err(NoWord), "{bad}");
        }
    }

    #[test]
    fn tags_depend_on_all_that_is_given() {
        let tag = Tag::of(3, b"abc");
        assert_eq!(Tag::try_from(tag.to_string()), Ok(tag));
        assert_ne!(tag, Tag::of(4, b"abc"));
        assert_ne!(tag, Tag::of(3, b"abd"));
        for bad in ["", "1", "0123456G", "+1234567", "012345678", "ABCDEF01"] {
            assert_eq!(Tag::try_from(bad.to_owned()), Err(NoWord), "{bad}");
        }
    }

    #[test]
    fn words_lead_back() {
        assert!(Task::ALL.iter().all(|task| Task::of_name(task.name()) == Some(*task)));
        assert!(Status::ALL.iter().all(|one| Status::of_name(one.name()) == Some(*one)));
        assert_eq!(Tier::of_name("oracle"), None);
        let json = serde_json::to_string(&Ending::TooLong).unwrap();
        assert_eq!(json, format!("\"{}\"", Ending::TooLong.name()));
    }

    proptest! {
        #[test]
        fn a_name_is_short_and_clean_and_stays_as_it_is(name in "\\PC{0,100}|[ ./\\\\gufa:\\x00-\\x1f]{0,90}") {
            let kept = ModelName::new(&name);
            let clean = |c: char| c.is_ascii_alphanumeric() || " ._+:-".contains(c);
            prop_assert!(!kept.0.is_empty() && kept.0.len() <= LONGEST_NAME);
            prop_assert!(kept.0.chars().all(clean), "{kept:?}");
            prop_assert_eq!(&ModelName::new(&kept.0), &kept);
            prop_assert_eq!(ModelName::try_from(kept.0.clone()), Ok(kept));
        }
    }
}

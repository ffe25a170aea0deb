//! What models, their versions and adapters may be called, and what a model is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Most characters of a name or a label.
const LONGEST: usize = 64;

/// Words that stand for something else where a name is typed.
const RESERVED: [&str; 2] = ["none", "embedded"];

/// A text that cannot be a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error(
        "{0:?} is no name for {1}: it has 1 to 64 small letters, digits, dots, dashes and underscores, \
         and begins with a letter or a digit"
    )]
    Name(String, &'static str),
    #[error("{0:?} cannot be a name: it has a meaning of its own")]
    Reserved(String),
    #[error(
        "{0:?} is no label of a version: it has 1 to 64 letters, digits, dots, dashes, underscores and \
         plus signs, and begins with a letter or a digit"
    )]
    Label(String),
    #[error("{0:?} is no role: there are repair, complete, chat and embed")]
    Role(String),
}

/// A checked text: made by parsing alone.
macro_rules! checked {
    ($(#[$about:meta])* $name:ident, $check:path, $what:expr) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text, $what)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

checked!(
    /// What a model is called here: `[a-z0-9][a-z0-9._-]{0,63}`.
    ModelName,
    check_name,
    "a model"
);
checked!(
    /// What an adapter is called here, in the letters of a [`ModelName`].
    AdapterName,
    check_name,
    "an adapter"
);
checked!(
    /// Which version of a model: counted "1", "2", or what the catalogue calls it.
    Label,
    check_label,
    "a version"
);

impl Label {
    /// The label of a version that is counted.
    pub(super) fn number(number: u64) -> Self {
        Self(number.to_string())
    }
}

fn check_name(text: &str, what: &'static str) -> Result<(), NameError> {
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !is_word(text, small, "._-") {
        return Err(NameError::Name(shortened(text), what));
    }
    if RESERVED.contains(&text) { Err(NameError::Reserved(text.to_owned())) } else { Ok(()) }
}

fn check_label(text: &str, _: &'static str) -> Result<(), NameError> {
    if is_word(text, |c| c.is_ascii_alphanumeric(), "._+-") {
        Ok(())
    } else {
        Err(NameError::Label(shortened(text)))
    }
}

/// Whether the text begins with such a letter and goes on with these or one of `marks`.
fn is_word(text: &str, letter: impl Fn(char) -> bool, marks: &str) -> bool {
    text.len() <= LONGEST
        && text.starts_with(&letter)
        && text.chars().all(|c| letter(c) || marks.contains(c))
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST + 1).collect()
}

/// What a model is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Writes and ranks fixes.
    Repair,
    /// Fills in the middle of a text.
    Complete,
    /// Answers in a conversation.
    Chat,
    /// Makes vectors of texts.
    Embed,
}

impl Role {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Repair, Self::Complete, Self::Chat, Self::Embed];

    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Complete => "complete",
            Self::Chat => "chat",
            Self::Embed => "embed",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| NameError::Role(shortened(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words() {
        let longest = "a".repeat(64);
        for good in ["qwen2.5-coder", "7b", "a", "a_b", longest.as_str()] {
            assert_eq!(good.parse::<ModelName>().unwrap().as_str(), good);
            assert_eq!(good.parse::<AdapterName>().unwrap().to_string(), good);
        }
        let long = "a".repeat(65);
        for bad in
            ["", ".a", "-a", "_a", "A", "a/b", "a b", "ä", "a\n", "..", "none", "embedded", &long]
        {
            assert!(bad.parse::<ModelName>().is_err(), "{bad:?}");
            assert!(bad.parse::<AdapterName>().is_err(), "{bad:?}");
        }
        let error = "\u{1b}[2J".parse::<ModelName>().unwrap_err().to_string();
        assert!(error.contains("a model") && !error.contains('\u{1b}'), "{error}");
    }

    #[test]
    fn labels_may_be_versions() {
        for good in ["1", "2026.1", "v1.0+b2", "Q4_K_M"] {
            assert_eq!(good.parse::<Label>().unwrap().as_str(), good);
        }
        for bad in ["", "+1", "a b", "a/b", &"1".repeat(65)] {
            assert!(bad.parse::<Label>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert!("Chat".parse::<Role>().unwrap_err().to_string().contains("repair, complete"));
    }
}

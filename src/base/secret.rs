//! A text that is not to be seen: it has no way onto a screen or into a log but by its name.

use std::fmt;

/// A secret of the user's. `Debug` does not show it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes it over; blanks around it are none of it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The text itself, for whom it is meant.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the secret, should somebody have repeated it.
    pub fn hidden_in(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        let secret = Secret::new(" hunter2\n");
        assert_eq!(secret.reveal(), "hunter2");
        assert!(!format!("{:?} {:#?}", secret, Some(&secret)).contains("hunter2"));
        assert_eq!(secret.hidden_in("bad key hunter2!"), "bad key ***!");
        assert_eq!(Secret::new("").hidden_in("abc"), "abc");
    }
}

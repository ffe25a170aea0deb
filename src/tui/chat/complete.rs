//! What could be meant by the word before the cursor: commands, modes, files.

use super::fuzzy;
use crate::agent::chat::command::COMMANDS;
use crate::base::{RepoPath, sanitize};

/// Candidates that are kept; the list is scrolled through what of them does not fit.
const MOST: usize = 50;
const MODES: &[(&str, &str)] = &[
    ("ask", "commands and edits are asked for"),
    ("auto-edit", "edits whose checks pass are applied"),
    ("read-only", "nothing is run or edited"),
    ("plan", "a plan is written, nothing is changed"),
];

/// An open list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Popup {
    pub(super) candidates: Vec<Candidate>,
    pub(super) selected: usize,
    /// What was typed of it.
    pub(super) word: Word,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What takes the place of the word.
    pub(super) text: String,
    /// What stands beside it; may be empty.
    pub(super) about: String,
}

/// The word before the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) kind: Kind,
    /// Without the sign in front.
    pub(super) typed: String,
}

/// What kind of word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Command,
    Mode,
    /// After `@`.
    Mention,
    /// The argument of a command that takes a file.
    File,
    /// One that is kept in the context.
    Pinned,
}

impl Word {
    /// The word that ends at the cursor, when it can be completed; `line` is the text before the cursor in
    /// its line, `first` tells that there is no line above.
    pub(super) fn at(line: &str, first: bool) -> Option<Self> {
        let word = |kind, typed: &str| Some(Self { kind, typed: typed.to_owned() });
        if let Some(command) = line.strip_prefix('/').filter(|_| first) {
            match command.split_once(' ') {
                None if !command.starts_with('/') => return word(Kind::Command, command),
                Some(("mode", mode)) => return word(Kind::Mode, mode),
                Some(("add" | "refactor" | "map", path)) => return word(Kind::File, path),
                Some(("drop", path)) => return word(Kind::Pinned, path),
                _ => {}
            }
        }
        let (at, _) = line.match_indices('@').next_back()?;
        let (before, typed) = (&line[..at], &line[at + 1..]);
        let begins = before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || c == '(');
        (begins && !typed.contains(char::is_whitespace)).then_some(())?;
        word(Kind::Mention, typed)
    }

    /// Characters that what is chosen takes the place of.
    pub(super) fn len(&self) -> usize {
        self.typed.chars().count()
    }
}

impl Popup {
    /// The list for `word`; `None` when nothing fits, or what is typed is all there is to it.
    pub(super) fn of(word: Word, files: &[RepoPath], pinned: &[String]) -> Option<Self> {
        let plain = |text: &str| Candidate { text: text.to_owned(), about: String::new() };
        // A name that could fool its reader is not offered.
        let honest = |path: &&str| sanitize(path) == *path;
        let candidates: Vec<Candidate> = match word.kind {
            Kind::Command => {
                let names = COMMANDS.iter().map(|(name, ..)| *name);
                fuzzy::best(&word.typed, names, MOST).into_iter().filter_map(command).collect()
            }
            Kind::Mode => MODES
                .iter()
                .filter(|(name, _)| name.starts_with(&word.typed))
                .map(|(name, about)| Candidate {
                    text: (*name).to_owned(),
                    about: (*about).to_owned(),
                })
                .collect(),
            Kind::Mention | Kind::File => {
                let paths = files.iter().map(RepoPath::as_str);
                let best = fuzzy::best(&word.typed, paths, MOST);
                best.into_iter().filter(honest).map(plain).collect()
            }
            Kind::Pinned => {
                let best = fuzzy::best(&word.typed, pinned.iter().map(String::as_str), MOST);
                best.into_iter().filter(honest).map(plain).collect()
            }
        };
        let done = matches!(candidates.as_slice(), [only] if only.text == word.typed);
        let shut = candidates.is_empty() || done && word.kind != Kind::Command;
        (!shut).then_some(Self { candidates, selected: 0, word })
    }

    /// One further down, around the end.
    pub(super) fn next(&mut self) {
        self.selected = (self.selected + 1) % self.candidates.len().max(1);
    }

    /// One further up, around the beginning.
    pub(super) fn previous(&mut self) {
        let count = self.candidates.len().max(1);
        self.selected = (self.selected + count - 1) % count;
    }

    /// What is chosen, with the blank that goes on from there.
    pub(super) fn chosen(&self) -> Option<String> {
        let candidate = self.candidates.get(self.selected)?;
        let goes_on = match self.word.kind {
            Kind::Command => COMMANDS
                .iter()
                .any(|(name, argument, _)| *name == candidate.text && !argument.is_empty()),
            Kind::Mention => true,
            Kind::Mode | Kind::File | Kind::Pinned => false,
        };
        Some(format!("{}{}", candidate.text, if goes_on { " " } else { "" }))
    }

    /// True when what was typed is a whole command: Enter then sends it.
    pub(super) fn is_whole(&self) -> bool {
        self.word.kind == Kind::Command
            && COMMANDS.iter().any(|(name, ..)| *name == self.word.typed)
    }
}

fn command(name: &str) -> Option<Candidate> {
    let (name, argument, about) = COMMANDS.iter().find(|(known, ..)| *known == name)?;
    let about =
        if argument.is_empty() { (*about).to_owned() } else { format!("{argument}  {about}") };
    Some(Candidate { text: (*name).to_owned(), about })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(line: &str) -> Option<(Kind, String)> {
        Word::at(line, true).map(|word| (word.kind, word.typed))
    }

    #[test]
    fn words_that_can_be_completed() {
        let some = |kind, typed: &str| Some((kind, typed.to_owned()));
        assert_eq!(word("/fi"), some(Kind::Command, "fi"));
        assert_eq!(word("/mode pl"), some(Kind::Mode, "pl"));
        assert_eq!(word("/add src/a"), some(Kind::File, "src/a"));
        assert_eq!(word("/fix see @a"), some(Kind::Mention, "a"));
        assert_eq!(word("look at @src/a"), some(Kind::Mention, "src/a"));
        assert_eq!(word("@"), some(Kind::Mention, ""));
        for plain in ["", "hello", "me@example.com", "@a b", "//fix"] {
            assert_eq!(word(plain), None, "{plain}");
        }
        assert_eq!(Word::at("/fi", false), None);
    }

    #[test]
    fn files_are_found_and_hostile_names_are_not_offered() {
        let files = ["src/app.rs", "src/\u{202e}app.rs"].map(|path| RepoPath::new(path).unwrap());
        let popup = Popup::of(Word::at("@ap", true).unwrap(), &files, &[]).unwrap();
        assert_eq!(popup.candidates.len(), 1);
        assert_eq!(popup.chosen().as_deref(), Some("src/app.rs "));
        assert_eq!(Popup::of(Word::at("@zz", true).unwrap(), &files, &[]), None);
    }

    #[test]
    fn commands_go_on_where_they_take_something() {
        let popup = |line| Popup::of(Word::at(line, true).unwrap(), &[], &[]).unwrap();
        assert_eq!(popup("/ref").chosen().as_deref(), Some("refactor "));
        assert_eq!(popup("/und").chosen().as_deref(), Some("undo"));
        assert!(popup("/undo").is_whole() && !popup("/und").is_whole());
        let mut all = popup("/");
        assert_eq!(all.candidates.len(), COMMANDS.len());
        all.previous();
        assert_eq!(all.chosen().as_deref(), Some("quit"));
        all.next();
        assert_eq!(all.selected, 0);
    }
}

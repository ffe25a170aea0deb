//! Paths inside a repository, made only by validation.

use std::fmt;
use std::path::{Path, PathBuf};

/// A normalised path below a repository's root: `/`-separated, relative, never empty.
///
/// There is no way to hold one that climbs out of the root or names git's own directory, so
/// whatever receives a `RepoPath` need not check again. Symbolic links are not resolved here: the
/// writer must still open beneath the root.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoPath(String);

/// Why a text is not a [`RepoPath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("the path is empty")]
    Empty,
    #[error("{0:?} is absolute: only paths inside the repository are allowed")]
    Absolute(String),
    #[error("{0:?} leaves the repository")]
    Escapes(String),
    #[error("{0:?} holds a control character or a backslash")]
    ForbiddenCharacter(String),
    #[error("{0:?} names git's own directory")]
    Git(String),
    #[error("{0:?} has a component that ends in a dot or a space")]
    TrailingDotOrSpace(String),
    #[error("the path is not valid UTF-8: {0}")]
    NotUtf8(String),
}

impl RepoPath {
    /// Validates and normalises `text`: `./` and doubled slashes are dropped.
    ///
    /// # Errors
    /// See [`PathError`]: absolute (POSIX, UNC, drive letter), `..`, control characters or
    /// backslashes, any spelling of `.git` that a case-folding file system would accept.
    pub fn new(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err(PathError::ForbiddenCharacter(text.to_owned()));
        }
        if text.starts_with('/') {
            return Err(PathError::Absolute(text.to_owned()));
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => continue,
                ".." => return Err(PathError::Escapes(text.to_owned())),
                _ if is_git_dir(part) => return Err(PathError::Git(text.to_owned())),
                _ if part.ends_with(['.', ' ']) => {
                    return Err(PathError::TrailingDotOrSpace(text.to_owned()));
                }
                _ => parts.push(part),
            }
        }
        // Looked at last: `./c:/x` is one too.
        let drive = |first: &&str| matches!(first.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if parts.first().is_some_and(drive) {
            return Err(PathError::Absolute(text.to_owned()));
        }
        if parts.is_empty() { Err(PathError::Empty) } else { Ok(Self(parts.join("/"))) }
    }

    /// The path of `absolute` below `root`.
    ///
    /// # Errors
    /// [`PathError::Escapes`] when it is not below `root`, else as [`RepoPath::new`].
    pub fn below(root: &Path, absolute: &Path) -> Result<Self, PathError> {
        let shown = absolute.display().to_string();
        let relative =
            absolute.strip_prefix(root).map_err(|_| PathError::Escapes(shown.clone()))?;
        Self::new(relative.to_str().ok_or(PathError::NotUtf8(shown))?)
    }

    /// The path as text, `/`-separated.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The directory part, empty for a file at the root.
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// The path on disk below `root`.
    pub fn to_path(&self, root: &Path) -> PathBuf {
        root.join(&self.0)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `.git` in any case, its 8.3 short name, and the look-alikes that HFS+ and NTFS fold into it.
fn is_git_dir(part: &str) -> bool {
    // Nearly every name ends here: a walk asks for each file and each of its directories.
    if part.is_ascii() && !part.starts_with(['.', 'g', 'G']) {
        return false;
    }
    let folded: String = part
        .chars()
        .filter(|c| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'))
        .flat_map(char::to_lowercase)
        .collect();
    let stream = folded.split(':').next().unwrap_or(&folded);
    let bare = stream.trim_end_matches(['.', ' ']);
    bare == ".git"
        || bare.strip_prefix("git~").is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepts_and_normalises() {
        assert_eq!(RepoPath::new("./src//a.py").unwrap().as_str(), "src/a.py");
        assert_eq!(RepoPath::new(".github/x.yml").unwrap().parent(), ".github");
        assert_eq!(RepoPath::new(".gitignore").unwrap().file_name(), ".gitignore");
        let below = RepoPath::below(Path::new("/r"), Path::new("/r/a/b")).unwrap();
        assert_eq!(below.as_str(), "a/b");
    }

    #[test]
    fn rejects_each_hostile_form() {
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a\\b",
            "\\\\host\\share",
            "C:/x",
            "./C:/x",
            "c:x",
            "a\0b",
            "a\nb",
            ".git/config",
            ".GIT/hooks/x",
            "sub/.Git/x",
            "git~1/x",
            "GIT~12",
            ".git./x",
            ".git /x",
            ".git:stream",
            ".g\u{200c}it/x",
            "a./b",
            "a /b",
            ".",
            "./",
            "dir/..",
        ] {
            assert!(RepoPath::new(bad).is_err(), "{bad:?} was accepted");
        }
    }

    proptest! {
        #[test]
        fn never_escapes(text in "\\PC{0,40}") {
            if let Ok(path) = RepoPath::new(&text) {
                let joined = path.to_path(Path::new("/root-of-repo"));
                prop_assert!(joined.starts_with("/root-of-repo"));
                prop_assert!(joined.components().all(|c| c.as_os_str() != ".."));
                prop_assert_eq!(RepoPath::new(path.as_str()).unwrap(), path);
            }
        }

        #[test]
        fn dots_and_slashes(text in "[./a~:git\\\\ ]{0,16}") {
            if let Ok(path) = RepoPath::new(&text) {
                prop_assert!(!path.as_str().split('/').any(|p| p == ".." || p == "." || p.is_empty()));
            }
        }
    }
}

//! The programming languages slm knows by name.

/// A language that some part of slm understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    Python,
    Rust,
    JavaScript,
    TypeScript,
    Tsx,
    Go,
}

impl Language {
    /// The language of a file by its extension; `None` when slm has no grammar for it.
    pub fn of_path(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        Some(match extension {
            "py" | "pyi" => Self::Python,
            "rs" => Self::Rust,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "go" => Self::Go,
            _ => return None,
        })
    }

    /// The name shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Tsx => "TSX",
            Self::Go => "Go",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn by_extension() {
        assert_eq!(Language::of_path("a/b.py"), Some(Language::Python));
        assert_eq!(Language::of_path("a.d.ts"), Some(Language::TypeScript));
        assert_eq!(Language::of_path("Makefile"), None);
        assert_eq!(Language::of_path("a.py/readme"), None);
    }
}

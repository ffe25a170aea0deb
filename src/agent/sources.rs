//! The repository's source files, read and parsed once, on demand.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::base::{
    Language, Line, LineIndex, Replacement, RepoPath, Span, SpliceError, fs, splice,
};
use crate::edit::{FileChange, Patch};
use crate::repo;
use crate::syntax::{self, Elsewhere, Function, Habits, Parsed};
use crate::trace::{self, FileSet};

/// Larger files are generated or data; a search in them would not end.
const MAX_SOURCE_BYTES: u64 = 1 << 20;

/// Reads and parses files below one root, each at most once. Shared between threads.
#[derive(Debug)]
pub struct Sources {
    root: PathBuf,
    files: Arc<FileSet>,
    base: Patch,
    cache: Mutex<HashMap<RepoPath, Option<Arc<Source>>>>,
}

/// One source file: the bytes on disk and the text that edits refer to.
#[derive(Debug)]
pub struct Source {
    pub path: RepoPath,
    /// Exactly what is on disk, without the patch that this search builds on.
    pub disk: Arc<[u8]>,
    /// The text without a byte order mark; all spans refer to it.
    pub text: Arc<str>,
    pub language: Language,
    pub parsed: Parsed,
    pub lines: LineIndex,
    /// Every function with a body, in source order.
    pub functions: Vec<Function>,
    /// Byte ranges that hold tests; no candidate may touch them.
    pub tests: Vec<Span>,
    habits: OnceLock<Habits>,
    has_bom: bool,
    has_crlf: bool,
}

impl Sources {
    /// The `files` below `root`; nothing is read yet.
    pub fn new(root: &Path, files: Vec<RepoPath>) -> Self {
        Self {
            root: root.to_owned(),
            files: Arc::new(FileSet::new(files)),
            base: Patch::default(),
            cache: Mutex::default(),
        }
    }

    /// The same files as `base` leaves them; candidates found there include `base`.
    pub fn on_top_of(&self, base: Patch) -> Self {
        let (root, files) = (self.root.clone(), Arc::clone(&self.files));
        Self { root, files, base, cache: Mutex::default() }
    }

    /// The patch that every candidate of this search includes.
    pub fn base(&self) -> &Patch {
        &self.base
    }

    /// The repository's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every file of the repository, sorted.
    pub fn files(&self) -> &[RepoPath] {
        self.files.files()
    }

    /// The repository file that a path printed by some tool means.
    pub fn resolve(&self, printed: &str) -> Option<RepoPath> {
        trace::resolve(printed, &self.files, &self.root)
    }

    /// The file at `path`; `None` when it is none of the repository's files, or no readable UTF-8
    /// source of a known language.
    pub fn get(&self, path: &RepoPath) -> Option<Arc<Source>> {
        // Paths come from what the checked command wrote, too. Only the walk tells what is the
        // repository's: nothing that is hidden or ignored, or lies behind a link.
        if !self.files.contains(path) {
            return None;
        }
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache.get(path) {
            return known.clone();
        }
        let changed = self.base.files().iter().find(|f| f.path == *path);
        let loaded = Source::load(&self.root, path, changed).map(Arc::new);
        cache.insert(path.clone(), loaded.clone());
        loaded
    }
}

impl Source {
    fn load(root: &Path, path: &RepoPath, changed: Option<&FileChange>) -> Option<Self> {
        let language = Language::of_path(path.as_str())?;
        if let Some(FileChange { before: None, after: Some(made), .. }) = changed {
            return Self::new(path.clone(), language, Arc::clone(made));
        }
        let full = path.to_path(root);
        let meta = std::fs::symlink_metadata(&full).ok()?;
        if !meta.is_file() || meta.len() > MAX_SOURCE_BYTES {
            return None;
        }
        let disk: Arc<[u8]> = Arc::from(fs::read(&full).ok()?);
        match changed.and_then(|c| c.after.clone()) {
            None => Self::new(path.clone(), language, disk),
            Some(now) => Some(Self { disk, ..Self::new(path.clone(), language, now)? }),
        }
    }

    /// A source of `bytes`; `None` when they are not UTF-8.
    pub fn new(path: RepoPath, language: Language, disk: Arc<[u8]>) -> Option<Self> {
        let whole = std::str::from_utf8(&disk).ok()?;
        let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
        let has_bom = text.len() != whole.len();
        let has_crlf = text.contains("\r\n");
        let text: Arc<str> = Arc::from(text);
        let parsed = syntax::parse(language, Arc::clone(&text));
        let functions = syntax::functions(&parsed);
        let tests = if repo::is_test_path(&path) {
            vec![Span::new(0, text.len())]
        } else {
            functions.iter().filter(|f| is_test_code(f)).map(|f| f.span).collect()
        };
        let lines = LineIndex::new(&text);
        Some(Self {
            path,
            disk,
            text,
            language,
            parsed,
            lines,
            functions,
            tests,
            habits: OnceLock::new(),
            has_bom,
            has_crlf,
        })
    }

    /// True when lines end in CRLF.
    pub fn has_crlf(&self) -> bool {
        self.has_crlf
    }

    /// True when `span` touches a test.
    pub fn is_test(&self, span: Span) -> bool {
        self.tests.iter().any(|t| t.contains(span) || span.start < t.end && t.start < span.end)
    }

    /// True when `replacement` changes or takes away a statement or a call that asserts something: `assert`,
    /// `assert_eq!`, `expect(…)`.
    pub fn changes_assertion(&self, replacement: &Replacement) -> bool {
        let Replacement { span, text } = replacement;
        syntax::assertions(&self.parsed).into_iter().any(|own| {
            // `assert a` becomes `assert a or b`.
            let goes_on =
                span.is_empty() && span.start == own.end && !text.starts_with(['\n', ';']);
            let touches = span.start < own.end && own.start < span.end
                || own.start < span.start && span.end < own.end;
            let stays = span.contains(own) && own.of(&self.text).is_some_and(|o| text.contains(o));
            goes_on || touches && !stays
        })
    }

    /// The innermost function whose lines hold `line`.
    pub fn function_at(&self, line: Line) -> Option<&Function> {
        self.functions.iter().filter(|f| f.lines.contains(&line)).min_by_key(|f| f.span.len())
    }

    /// The text of `line`, its line feed included; empty past the end.
    pub fn line_text(&self, line: Line) -> &str {
        self.lines.span(line).and_then(|s| s.of(&self.text)).unwrap_or_default()
    }

    /// What is usual in this file, `line` left out.
    pub fn habits_but(&self, line: Line) -> Elsewhere<'_> {
        let habits = self.habits.get_or_init(|| Habits::new(&self.text, self.language));
        let around = self.function_at(line).map_or(Span::new(0, self.text.len()), |f| f.span);
        habits.elsewhere(&self.text, &self.lines, line, around)
    }

    /// The file's bytes as this search sees them.
    pub fn now(&self) -> Arc<[u8]> {
        let bom = if self.has_bom { "\u{feff}" } else { "" };
        Arc::from(format!("{bom}{}", self.text).into_bytes())
    }

    /// The file's bytes with `replacements` made, in the file's own line ends and with its byte
    /// order mark.
    ///
    /// # Errors
    /// As [`splice`].
    pub fn rewrite(&self, replacements: &[Replacement]) -> Result<Arc<[u8]>, SpliceError> {
        let text = if self.has_crlf {
            let own: Vec<Replacement> = replacements.iter().map(with_crlf).collect();
            splice(&self.text, &own)?
        } else {
            splice(&self.text, replacements)?
        };
        let mut bytes = Vec::with_capacity(text.len() + 3);
        if self.has_bom {
            bytes.extend_from_slice("\u{feff}".as_bytes());
        }
        bytes.extend_from_slice(text.as_bytes());
        Ok(Arc::from(bytes))
    }
}

/// Tests, and what stands beside them in a module of tests.
fn is_test_code(function: &Function) -> bool {
    function.is_test || function.qualified.split("::").any(|part| matches!(part, "tests" | "test"))
}

fn with_crlf(replacement: &Replacement) -> Replacement {
    let text = replacement.text.replace("\r\n", "\n").replace('\n', "\r\n");
    Replacement { span: replacement.span, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(bytes: &[u8]) -> Source {
        let path = RepoPath::new("a.py").unwrap();
        Source::new(path, Language::Python, Arc::from(bytes)).unwrap()
    }

    #[test]
    fn line_ends_and_byte_order_mark_survive() {
        let s = source(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n");
        assert_eq!(&*s.text, "x = 1\r\ny = 2\r\n");
        let out = s.rewrite(&[Replacement::new(7, 7, "z = 3\n")]).unwrap();
        assert_eq!(&*out, b"\xef\xbb\xbfx = 1\r\nz = 3\r\ny = 2\r\n");
    }

    #[test]
    fn assertions_are_told_from_what_they_assert() {
        let changes = |path: &str, before: &str, old: &str, new: &str| {
            let path = RepoPath::new(path).unwrap();
            let language = Language::of_path(path.as_str()).unwrap();
            let source = Source::new(path, language, Arc::from(before.as_bytes())).unwrap();
            let start = before.find(old).unwrap();
            source.changes_assertion(&Replacement::new(start, start + old.len(), new))
        };
        let python = "def f(x):\n    return x - 1\n\n\nassert f(1) == 2, f\nprint(f(1))\n";
        assert!(changes("a.py", python, "==", "!="));
        assert!(changes("a.py", python, "assert f(1) == 2, f\n", ""));
        assert!(changes("a.py", python, "x - 1\n\n\nassert f(1) == 2", "x + 1\n\n\nassert f"));
        assert!(!changes(
            "a.py",
            python,
            "x - 1\n\n\nassert f(1) == 2, f",
            "x\nassert f(1) == 2, f"
        ));
        assert!(!changes("a.py", python, "x - 1", "x + 1"));
        assert!(!changes("a.py", python, "print(f(1))", "print(f(2))"));
        let end = Replacement::new(
            python.find("\nprint").unwrap(),
            python.find("\nprint").unwrap(),
            " or 1",
        );
        assert!(source(python.as_bytes()).changes_assertion(&end));
        let rust = "fn f() {\n    debug_assert_eq!(g(), 2);\n    g();\n}\n";
        assert!(changes("a.rs", rust, "2", "3"));
        assert!(!changes("a.rs", rust, "g();\n}", "h();\n}"));
        let js = "console.assert(f(1) === 2)\nexpect(f(2)).toBe(3)\nf(4)\n";
        assert!(changes("a.js", js, "===", "!=="));
        assert!(changes("a.js", js, "toBe(3)", "toBe(2)"));
        assert!(!changes("a.js", js, "f(4)", "f(5)"));
    }

    #[test]
    fn only_files_of_the_repository_are_sources() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(&dir.path().join("outside")).unwrap();
        fs::create_dir_all(&dir.path().join("root")).unwrap();
        for name in ["outside/a.py", "root/a.py", "root/b.py"] {
            fs::write(&dir.path().join(name), "x = 1\n").unwrap();
        }
        std::os::unix::fs::symlink("../outside", dir.path().join("root/up")).unwrap();
        let path = |name| RepoPath::new(name).unwrap();
        let sources = Sources::new(&dir.path().join("root"), vec![path("a.py")]);
        assert!(sources.get(&path("a.py")).is_some());
        assert!(sources.get(&path("b.py")).is_none(), "not listed");
        assert!(sources.get(&path("up/a.py")).is_none(), "through a link");
    }

    #[test]
    fn not_utf8_is_no_source() {
        assert!(
            Source::new(RepoPath::new("a.py").unwrap(), Language::Python, Arc::from([0xff]))
                .is_none()
        );
    }
}

//! What a tool printed -> what failed, and where. Pure: text in, values out, no file is opened.
//!
//! One file per language or runner. Paths stay as printed until [`map`] resolves them against the
//! repository's files.

use crate::base::Language;

/// One failure found in the output of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    pub language: Option<Language>,
    /// The exception class, panic kind or diagnostic code: `KeyError`, `E0308`, `TS2304`.
    pub exception: Option<String>,
    /// The message as printed, without the exception's name.
    pub message: String,
    /// Innermost frame first; the first is where the failure surfaced.
    pub frames: Vec<Frame>,
    /// Identifiers of the failing tests this failure belongs to, in the runner's own spelling
    /// (`tests/test_a.py::test_x`, `mod::tests::x`).
    pub tests: Vec<String>,
    /// Chained or nested failures that led to this one, nearest first.
    pub causes: Vec<Failure>,
    /// Edits that a compiler offered together with the diagnostic.
    pub suggestions: Vec<Suggestion>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// An uncaught exception other than an assertion.
    Exception,
    /// A failed assertion of a test or of the program.
    Assertion,
    /// The source does not parse.
    Syntax,
    /// A compiler or type checker refused the program.
    Compile,
    /// A Rust or Go panic.
    Panic,
    /// A test failed and nothing more precise was printed.
    Test,
}

/// One stack frame or diagnostic location, as printed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The path as the tool printed it: absolute, relative, `file://`, in a container...
    pub path: String,
    /// Counted from 1.
    pub line: Option<u32>,
    /// Counted from 1, in the unit of the tool that printed it.
    pub column: Option<u32>,
    pub function: Option<String>,
    /// The source line when the tool printed it.
    pub source: Option<String>,
}

/// An edit that a compiler offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub path: String,
    /// Byte offsets into the file as compiled.
    pub start: usize,
    pub end: usize,
    pub replacement: String,
    /// True when the compiler says that it may be applied without a human.
    pub machine_applicable: bool,
    /// Suggestions of one diagnostic that belong together share a group number.
    pub group: usize,
}

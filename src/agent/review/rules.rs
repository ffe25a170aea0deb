//! The table of rules: what is looked for, how much it matters, and why.
//!
//! The ids are stable: people write them into comments and configuration.

use super::finding::Severity::{self, Blocks, Informs, Warns};

/// One thing that is looked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `kebab-case`.
    pub id: &'static str,
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// The line alone is what is wrong: moved elsewhere it is nothing new.
    pub(super) of_line: bool,
}

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

macro_rules! rules {
    ($($name:ident = $id:literal, $severity:ident, $of_line:literal, $title:literal, $why:literal;)*) => {
        $(pub(super) static $name: Rule = Rule {
            id: $id, severity: $severity, title: $title, why: $why, of_line: $of_line,
        };)*

        /// Every rule, in the order of the documentation.
        pub static RULES: &[&Rule] = &[$(&$name,)*];
    };
}

rules! {
    SYNTAX_ERROR = "syntax-error", Blocks, false,
        "New syntax error", "The file cannot be compiled or imported.";
    MERGE_MARKER = "merge-marker", Blocks, true,
        "Conflict markers of a merge", "A conflict was committed instead of resolved.";
    DEBUGGER = "debugger", Blocks, true,
        "Debugger left in", "The program stops and waits for somebody at a terminal.";
    DEBUG_PRINT = "debug-print", Warns, true,
        "Output for debugging left in", "It was meant for one look, and everybody sees it from now on.";
    UNFINISHED = "unfinished", Informs, true,
        "Code that is not written yet", "It panics or throws when it is reached.";
    FOCUSED_TEST = "focused-test", Blocks, true,
        "Focused test", "All other tests are silently left out.";
    SECRET = "secret", Blocks, true,
        "Secret in the source", "Everybody who can read the history can use it; it has to be revoked, not only removed.";
    PRIVATE_KEY = "private-key", Blocks, true,
        "Private key in the source", "Everybody who can read the history can use it; it has to be replaced, not only removed.";
    CREDENTIALS_IN_URL = "credentials-in-url", Warns, true,
        "Password in an address", "Everybody who can read the history can use it.";
    POSSIBLE_SECRET = "possible-secret", Warns, true,
        "Text that looks like a secret", "A random text is given to something that is named like a secret.";
    LARGE_FILE = "large-file", Warns, false,
        "Large file", "It stays in the history of every clone for ever.";
    BINARY_FILE = "binary-file", Warns, false,
        "File that a build or a system made", "It changes on every machine and cannot be reviewed.";
    UNDEFINED_NAME = "undefined-name", Blocks, false,
        "Name that nothing defines", "It fails when the line is reached.";
    MISSING_MODULE = "missing-module", Blocks, false,
        "Import of a file that is not there", "The import fails.";
    MISSING_IMPORT = "missing-import", Blocks, false,
        "Import of a name that the module does not have", "The import fails.";
    MISSING_ATTRIBUTE = "missing-attribute", Blocks, false,
        "Attribute that is not there", "It fails when the line is reached.";
    WRONG_ARITY = "wrong-arity", Blocks, false,
        "Call that does not fit the function", "It fails when the line is reached.";
    REMOVED_IN_USE = "removed-in-use", Blocks, false,
        "Removed, but still used", "What uses it fails.";
    TEST_REMOVED = "test-removed", Informs, false,
        "Tests removed", "What they guarded is not guarded any more.";
    TEST_SKIPPED = "test-skipped", Warns, false,
        "Test skipped", "It says nothing any more, and nobody is told.";
    ASSERTIONS_REMOVED = "assertions-removed", Warns, false,
        "Test without assertions", "It passes whatever the code does.";
    SQL_INJECTION = "sql-injection", Warns, true,
        "SQL made by formatting", "Whoever chooses the value chooses the statement.";
    SHELL_INJECTION = "shell-injection", Warns, true,
        "Shell command made by formatting", "Whoever chooses the value runs commands.";
    CODE_INJECTION = "code-injection", Warns, true,
        "Evaluation of text made at run time", "Whoever chooses the text runs code.";
    UNSAFE_LOADING = "unsafe-loading", Warns, true,
        "Loading that runs code", "Whoever writes the data runs code.";
    TLS_DISABLED = "tls-disabled", Warns, true,
        "Certificates are not checked", "Anybody on the way can read and change what is sent.";
    WEAK_PASSWORD_HASH = "weak-password-hash", Warns, true,
        "Fast hash for a password", "Such hashes are reversed by trying, billions a second.";
    HTML_INJECTION = "html-injection", Warns, true,
        "Markup made of values", "Whoever chooses the value runs scripts in the page.";
    UNSAFE_BLOCK = "unsafe-block", Informs, true,
        "`unsafe` without a SAFETY comment", "Nobody can check what nobody has claimed.";
    WORLD_WRITABLE = "world-writable", Warns, true,
        "Everybody may write", "Every user of the machine can change it.";
    BINDS_EVERYWHERE = "binds-everywhere", Informs, true,
        "Listens on all interfaces", "It can be reached from the network.";
    FIXED_TEMP_NAME = "fixed-temp-name", Informs, true,
        "Fixed name in a shared directory", "Another user can put a file or a link there first.";
    SELF_COMPARISON = "self-comparison", Warns, true,
        "Comparison with itself", "The answer is always the same.";
    ASSIGNED_CONDITION = "assigned-condition", Warns, true,
        "Assignment as a condition", "It was probably meant to compare.";
    UNREACHABLE = "unreachable", Warns, false,
        "Unreachable code", "What stands behind a jump never runs.";
    MUTABLE_DEFAULT = "mutable-default", Warns, false,
        "Default value that is changed", "All calls share it.";
    IS_LITERAL = "is-literal", Blocks, true,
        "Identity with a literal", "Equal values need not be the same object; the answer differs between runs.";
    SWALLOWED = "swallowed-exception", Warns, false,
        "Every exception is swallowed", "Errors vanish, Ctrl-C and typing mistakes too.";
    DUPLICATE_KEY = "duplicate-key", Warns, false,
        "Key given twice", "The first value is lost.";
    ASSERT_TUPLE = "assert-tuple", Blocks, true,
        "Assertion that is always true", "A tuple that is not empty is true.";
    NEVER_EQUAL = "never-equal", Blocks, true,
        "Comparison that is never true", "NaN equals nothing, and `typeof` has few answers.";
    NOT_IMPLEMENTED = "not-implemented", Warns, true,
        "`NotImplemented` raised", "It is no exception: a TypeError comes instead.";
    EMPTY_F_STRING = "empty-f-string", Informs, true,
        "f-string without a value", "A placeholder was probably forgotten.";
    MISSING_AWAIT = "missing-await", Blocks, false,
        "Coroutine that is never awaited", "The call does nothing.";
    UNLIKELY_LINE = "unlikely-line", Warns, false,
        "Line that the model finds unlikely", "A small change of it is far likelier.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
        assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        assert_eq!(rule("secret"), Some(&SECRET));
        assert_eq!(rule("Secret"), None);
    }
}

//! Syntax errors that the change brings.

use super::finding::Severity;
use super::rules::SYNTAX_ERROR;
use super::source::{Draft, Source, World};
use crate::base::{Language, Span};
use crate::syntax::{SyntaxErrorKind, syntax_errors};

/// The first error of a file that has one. Files that are broken on purpose, and those that become
/// sources later, are left out.
pub(super) fn find(source: &Source, _world: World<'_>, out: &mut Vec<Draft>) {
    let Some(parsed) = source.parsed.as_ref().filter(|parsed| !parsed.is_clean()) else { return };
    if source.kind.template
        || source.kind.fixture
        || is_broken_on_purpose(&source.path)
        || is_templated(source)
    {
        return;
    }
    let errors = syntax_errors(parsed);
    let Some(first) = errors.first() else { return };
    // The parser may give up far from the change: a removed bracket leaves no new line at all.
    let shown = errors.iter().find(|e| source.wants_lines(e.line, e.line)).unwrap_or(first);
    // Since 1.26 `new` takes a value, too; the grammar wants a type.
    if parsed.language() == Language::Go && source.line_text(shown.line).contains("new(") {
        return;
    }
    let what = match &shown.kind {
        SyntaxErrorKind::Missing(token) => format!("`{token}` is missing"),
        SyntaxErrorKind::Unexpected => "the text does not fit the grammar".to_owned(),
    };
    let language = parsed.language();
    let span = first_line(source, shown.span);
    let message =
        format!("{} syntax error: {what}; the file cannot be used like this", language.name());
    let draft = Draft::new(&SYNTAX_ERROR, source, span, message).key("syntax").confidence(0.95);
    // The grammars of these two are behind their languages.
    let unsure =
        matches!(language, Language::TypeScript | Language::Tsx) || source.text.contains("@flow");
    out.push(if unsure || source.kind.aside() {
        draft.at_most(Severity::Warns).confidence(0.7)
    } else {
        draft
    });
}

/// No more than the rest of the line it begins on.
fn first_line(source: &Source, span: Span) -> Span {
    let end = source.lines.span(source.lines.line(span.start)).map_or(span.end, |line| line.end);
    let start = span.start.min(source.text.len());
    Span::new(start, span.end.min(end).max(start))
}

fn is_broken_on_purpose(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [
        "invalid",
        "broken",
        "syntax_error",
        "syntax-error",
        "syntaxerror",
        "bad_syntax",
        "badsyntax",
        "malformed",
        "error",
    ]
    .iter()
    .any(|word| path.contains(word))
}

fn is_templated(source: &Source) -> bool {
    ["{%", "<%", "{{{", "@@", "${{"].iter().any(|mark| source.text.contains(mark))
        || (source.text.contains("{{ ") && source.text.contains(" }}"))
}

#[cfg(test)]
mod tests {
    use crate::agent::review::testing::{found, rules_of};

    #[test]
    fn new_ones_only() {
        let all = found("a.py", "x = 1\n", "x = (1\n");
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].rule.id, "syntax-error");
        assert_eq!(rules_of("a.py", "x = (1\n", "x = (1\ny = 2\n"), [""; 0]);
        assert_eq!(rules_of("a.rs", "", "fn f( {}\n"), ["syntax-error"]);
    }

    #[test]
    fn broken_on_purpose() {
        assert_eq!(rules_of("tests/data/a.py", "", "x = (1\n"), [""; 0]);
        assert_eq!(rules_of("templates/a.py", "", "x = {{ y\n"), [""; 0]);
        assert_eq!(rules_of("invalid.py", "", "x = (1\n"), [""; 0]);
    }
}

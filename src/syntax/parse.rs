//! Text to tree, and what is wrong with a text that does not parse.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use tree_sitter::{InputEdit, Parser, Point, Tree};

use super::node::{ancestors, span, text_of, walk};
use super::python::is_docstring_statement;
use super::tree::{Arena, Node};
use crate::base::{Language, Line, LineIndex, Replacement, Span};

/// A source text with its syntax tree. Cheap to clone.
#[derive(Clone)]
pub struct Parsed {
    language: Language,
    text: Arc<str>,
    tree: Tree,
    nodes: Arc<Arena>,
    index: Arc<LineIndex>,
}

/// One place where a text leaves the grammar.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SyntaxError {
    pub span: Span,
    pub line: Line,
    pub kind: SyntaxErrorKind,
}

/// How it leaves the grammar.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SyntaxErrorKind {
    /// The parser had to invent this token (`)`, `:`, ...).
    Missing(String),
    /// The parser had to skip this text.
    Unexpected,
}

/// Parses `text`. Never fails: what does not fit the grammar becomes [`syntax_errors`].
pub fn parse(language: Language, text: impl Into<Arc<str>>) -> Parsed {
    let text = text.into();
    let tree = tree_of(language, &text, None);
    let index = Arc::new(LineIndex::new(&text));
    let nodes = Arc::new(Arena::new(&tree, grammar(language)));
    Parsed { language, text, tree, nodes, index }
}

/// Every syntax error, in source order.
pub fn syntax_errors(parsed: &Parsed) -> Vec<SyntaxError> {
    walk(parsed.root(), |n| n.has_error())
        .into_iter()
        .filter_map(|node| {
            let line = parsed.index.line(node.start_byte());
            Some(SyntaxError { span: span(node), line, kind: kind_of(node)? })
        })
        .collect()
}

/// True when `after`, which replaces the whole of `before`, has no more syntax errors than it.
pub fn parses_no_worse(before: &Parsed, after: &str) -> bool {
    let tree = tree_of(before.language, after, None);
    no_worse(before, &tree)
}

impl Parsed {
    /// The language it was parsed as.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The source text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The source text, shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Offsets to lines and back.
    pub fn lines(&self) -> &LineIndex {
        &self.index
    }

    /// True when the whole text fits the grammar.
    pub fn is_clean(&self) -> bool {
        !self.tree.root_node().has_error()
    }

    /// True when `other` has the same code: all that differs is layout, comments or docstrings.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let python = self.language == Language::Python;
        let is_silent = |node: Node<'_>| {
            node.kind().contains("comment") || python && is_docstring_statement(node)
        };
        let code = |parsed: &Self| -> Vec<(String, usize)> {
            walk(parsed.root(), |node| !is_silent(node))
                .into_iter()
                .filter(|node| !is_silent(*node))
                .map(|node| {
                    let children = node.children().filter(|c| !is_silent(*c)).count();
                    let leaf = node.children().next().is_none();
                    let name = if leaf { text_of(node, parsed.text()) } else { node.kind() };
                    (name.to_owned(), children)
                })
                .collect()
        };
        self.language == other.language && code(self) == code(other)
    }

    pub(crate) fn root(&self) -> Node<'_> {
        self.nodes.root()
    }

    /// As [`parses_no_worse`], but reuses this tree: `after` is this text with `replacements`
    /// applied, which must not overlap.
    pub fn still_parses(&self, replacements: &[Replacement], after: &str) -> bool {
        if let Some(fragment) = self.function_after(replacements, after) {
            return !tree_of(self.language, fragment, None).root_node().has_error();
        }
        let mut old = self.tree.clone();
        let mut ordered: Vec<&Replacement> = replacements.iter().collect();
        ordered.sort_by_key(|r| r.span);
        // From the end, so that earlier offsets still mean what they meant.
        for replacement in ordered.into_iter().rev() {
            old.edit(&self.input_edit(replacement));
        }
        let tree = tree_of(self.language, after, Some(&old));
        no_worse(self, &tree)
    }

    /// The text, after the edits, of the Python function that holds them all; `None` when there is
    /// no such function or it did not parse before.
    ///
    /// A function parses alone as it does in its file, since only the indentation of its body
    /// matters, and much faster.
    fn function_after<'s>(&self, replacements: &[Replacement], after: &'s str) -> Option<&'s str> {
        if self.language != Language::Python {
            return None;
        }
        let first = replacements.iter().map(|r| r.span.start).min()?;
        let last = replacements.iter().map(|r| r.span.end).max()?;
        let node = self.root().descendant_for_byte_range(first, first)?;
        let line_end = |n: Node<'_>| {
            self.text[n.end_byte()..].find('\n').map_or(self.text.len(), |at| n.end_byte() + at + 1)
        };
        let function = std::iter::once(node).chain(ancestors(node)).find(|n| {
            n.kind() == "function_definition" && n.start_byte() < first && last <= line_end(*n)
        })?;
        if function.has_error() {
            return None;
        }
        let end = after.len() - (self.text.len() - line_end(function));
        after.get(function.start_byte()..end)
    }

    fn input_edit(&self, replacement: &Replacement) -> InputEdit {
        let Span { start, end } = replacement.span;
        let begin = self.point(start);
        let breaks = replacement.text.matches('\n').count();
        let new_end = match replacement.text.rfind('\n') {
            Some(at) => Point::new(begin.row + breaks, replacement.text.len() - at - 1),
            None => Point::new(begin.row, begin.column + replacement.text.len()),
        };
        InputEdit {
            start_byte: start,
            old_end_byte: end,
            new_end_byte: start + replacement.text.len(),
            start_position: begin,
            old_end_position: self.point(end),
            new_end_position: new_end,
        }
    }

    fn point(&self, offset: usize) -> Point {
        let line = self.index.line(offset);
        let start = self.index.span(line).map_or(0, |s| s.start);
        Point::new(line.0 as usize - 1, offset - start)
    }
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed")
            .field("language", &self.language)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

fn no_worse(before: &Parsed, after: &Tree) -> bool {
    if !after.root_node().has_error() {
        return true;
    }
    let after = Arena::new(after, grammar(before.language));
    !before.is_clean() && count(after.root()) <= count(before.root())
}

/// Errors in a tree, counted without building them.
fn count(root: Node<'_>) -> usize {
    walk(root, |n| n.has_error()).iter().filter(|n| n.is_error() || n.is_missing()).count()
}

fn kind_of(node: Node<'_>) -> Option<SyntaxErrorKind> {
    if node.is_missing() {
        Some(SyntaxErrorKind::Missing(node.kind().to_owned()))
    } else if node.is_error() {
        Some(SyntaxErrorKind::Unexpected)
    } else {
        None
    }
}

/// The grammar of a language; loaded once.
pub(super) fn grammar(language: Language) -> &'static tree_sitter::Language {
    static GRAMMARS: [OnceLock<tree_sitter::Language>; 6] = [const { OnceLock::new() }; 6];
    GRAMMARS[language as usize].get_or_init(|| match language {
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Language::Go => tree_sitter_go::LANGUAGE.into(),
    })
}

thread_local! {
    /// One parser per language and thread: making one costs more than a small parse.
    static PARSERS: RefCell<HashMap<Language, Parser>> = RefCell::new(HashMap::new());
}

fn tree_of(language: Language, text: &str, old: Option<&Tree>) -> Tree {
    PARSERS.with_borrow_mut(|parsers| {
        let parser = parsers.entry(language).or_insert_with(|| {
            let mut parser = Parser::new();
            parser
                .set_language(grammar(language))
                .expect("the grammars are built for the tree-sitter they are linked with");
            parser
        });
        parser
            .parse(text, old)
            .expect("a parser with a language, no time limit and no cancellation gives a tree")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::splice;

    #[test]
    fn each_grammar_loads() {
        for (language, text) in [
            (Language::Python, "def f(x):\n    return x\n"),
            (Language::Rust, "fn f(x: u8) -> u8 { x }\n"),
            (Language::JavaScript, "const f = (x) => x;\n"),
            (Language::TypeScript, "const f = (x: number): number => x;\n"),
            (Language::Tsx, "const f = () => <a b={1}/>;\n"),
            (Language::Go, "package p\nfunc f(x int) int { return x }\n"),
        ] {
            let parsed = parse(language, text);
            assert!(parsed.is_clean(), "{}", language.name());
            assert!(syntax_errors(&parsed).is_empty());
        }
    }

    #[test]
    fn errors_have_lines() {
        let parsed = parse(Language::Python, "x = 1\ny = (2\nz = 3\n");
        let errors = syntax_errors(&parsed);
        assert!(!errors.is_empty() && errors.iter().all(|e| e.line >= Line(2)), "{errors:?}");
        let parsed = parse(Language::Rust, "fn f() { let a = 1 }\n");
        let missing = SyntaxErrorKind::Missing(";".to_owned());
        assert!(syntax_errors(&parsed).iter().any(|e| e.kind == missing));
    }

    #[test]
    fn no_worse_than_before() {
        let good = parse(Language::Python, "x = 1\n");
        assert!(parses_no_worse(&good, "x = 2\n"));
        assert!(!parses_no_worse(&good, "x = (2\n"));
        let bad = parse(Language::Python, "x = (1\n");
        assert!(parses_no_worse(&bad, "x = (2\n"));
        assert!(parses_no_worse(&bad, "x = (1)\n"));
    }

    #[test]
    fn incremental_agrees_with_full() {
        let text = "def f(a):\n    if a:\n        return 1\n    return 2\n";
        let parsed = parse(Language::Python, text);
        for (start, end, new) in [
            (10, 11, "b"),
            (14, 14, "x = 1\n    "),
            (14, 32, ""),
            (33, 35, "(("),
            (0, 3, "class"),
            (18, 19, "a and (b"),
        ] {
            let edit = [Replacement::new(start, end, new)];
            let after = splice(text, &edit).unwrap();
            assert_eq!(
                parsed.still_parses(&edit, &after),
                parses_no_worse(&parsed, &after),
                "{after}"
            );
        }
    }
}

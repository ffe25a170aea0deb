//! Code -> which parts are keywords, texts, numbers...: for showing it, never for deciding anything.
//!
//! The queries are those that the grammars come with. A language without one, a text that is too long or
//! takes too long has no parts: it is then shown plain.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap as HashMap;
use streaming_iterator::StreamingIterator as _;
use tree_sitter::{ParseOptions, Parser, Query, QueryCursor, QueryCursorOptions};

use super::symbols::Grammar;
use crate::base::Span;

/// Bytes of a text beyond which it is shown plain.
const LONGEST: usize = 256 << 10;
/// What parsing and asking may take together; a screenful takes a millisecond.
const TIME_LIMIT: Duration = Duration::from_millis(100);
/// Query states that may be open at once; more are dropped, oldest first.
const MATCH_LIMIT: u32 = 1 << 12;

/// What a part of a code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Keyword,
    /// Strings and characters.
    Text,
    /// Numbers, and names that stand for a value.
    Constant,
    Comment,
    Function,
    Type,
}

/// The parts of `text` that are more than plain names and signs, ascending and apart.
pub fn highlight(grammar: &'static Grammar, text: &str) -> Vec<(Span, Class)> {
    let Some(loaded) = loaded(grammar).filter(|_| text.len() <= LONGEST) else {
        return Vec::new();
    };
    let deadline = Instant::now() + TIME_LIMIT;
    // As in `symbols`: the scanner of Kotlin does not come back from a text without an end of line.
    let ended = format!("{text}\n");
    let mut parts = captures(grammar, loaded, &ended, deadline).unwrap_or_default();
    // What lies inside goes over what lies around it; of the same place the later pattern is the more
    // precise one.
    parts.sort_by_key(|part| (part.start, std::cmp::Reverse(part.end), part.pattern));
    flatten(&parts, text.len())
}

/// The language that people mean by `name`: `rust`, `rs`, `C++`, `sh`...
pub fn grammar_named(name: &str) -> Option<&'static Grammar> {
    let name = name.to_lowercase();
    let name = match name.as_str() {
        "golang" => "go",
        "shell" | "console" | "zsh" => "bash",
        "csharp" => "c#",
        other => other,
    };
    let by_name = Grammar::all().iter().find(|grammar| grammar.name.to_lowercase() == name);
    by_name.or_else(|| Grammar::of_path(&format!("x.{name}")))
}

struct Loaded {
    language: tree_sitter::Language,
    query: Query,
    /// By the index of the capture; `None` for what is shown plain.
    classes: Vec<Option<Class>>,
}

/// One capture.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    end: usize,
    pattern: usize,
    /// `None` uncovers what lies in a text: the code between `${` and `}`.
    class: Option<Class>,
}

/// The grammar with its query, made once.
fn loaded(grammar: &'static Grammar) -> Option<&'static Loaded> {
    static LOADED: [OnceLock<Option<Loaded>>; 32] = [const { OnceLock::new() }; 32];
    let cell = LOADED.get(grammar.index())?;
    let load = || {
        let language = grammar.language()?;
        // One that does not fit costs the colours, not the program; a test holds them to it.
        let query = Query::new(&language, &queries(grammar.name).concat()).ok()?;
        let classes = query.capture_names().iter().map(|name| class_of(name)).collect();
        (query.pattern_count() > 0).then_some(Loaded { language, query, classes })
    };
    cell.get_or_init(load).as_ref()
}

/// The queries of a language, those with more to say last.
fn queries(name: &str) -> Vec<&'static str> {
    match name {
        "Python" => vec![tree_sitter_python::HIGHLIGHTS_QUERY],
        "Rust" => vec![tree_sitter_rust::HIGHLIGHTS_QUERY],
        "JavaScript" => vec![tree_sitter_javascript::HIGHLIGHT_QUERY],
        "TypeScript" | "TSX" => {
            vec![tree_sitter_javascript::HIGHLIGHT_QUERY, tree_sitter_typescript::HIGHLIGHTS_QUERY]
        }
        "Go" => vec![tree_sitter_go::HIGHLIGHTS_QUERY],
        #[cfg(feature = "lang-java")]
        "Java" => vec![tree_sitter_java::HIGHLIGHTS_QUERY],
        #[cfg(feature = "lang-c")]
        "C" | "C header" => vec![tree_sitter_c::HIGHLIGHT_QUERY],
        #[cfg(all(feature = "lang-c", feature = "lang-cpp"))]
        "C++" => vec![tree_sitter_c::HIGHLIGHT_QUERY, tree_sitter_cpp::HIGHLIGHT_QUERY],
        #[cfg(feature = "lang-ruby")]
        "Ruby" => vec![tree_sitter_ruby::HIGHLIGHTS_QUERY],
        #[cfg(feature = "lang-php")]
        "PHP" => vec![tree_sitter_php::HIGHLIGHTS_QUERY],
        #[cfg(feature = "lang-c-sharp")]
        "C#" => vec![tree_sitter_c_sharp::HIGHLIGHTS_QUERY],
        #[cfg(feature = "lang-scala")]
        "Scala" => vec![tree_sitter_scala::HIGHLIGHTS_QUERY],
        #[cfg(feature = "lang-swift")]
        "Swift" => vec![tree_sitter_swift::HIGHLIGHTS_QUERY],
        #[cfg(feature = "lang-bash")]
        "Bash" => vec![tree_sitter_bash::HIGHLIGHT_QUERY],
        // Kotlin's comes without one.
        _ => Vec::new(),
    }
}

fn class_of(capture: &str) -> Option<Class> {
    let (first, rest) = capture.split_once('.').unwrap_or((capture, ""));
    Some(match first {
        "keyword" | "conditional" | "repeat" | "include" | "exception" | "storageclass" => {
            Class::Keyword
        }
        "string" | "character" | "escape" => Class::Text,
        "number" | "float" | "boolean" | "constant" => Class::Constant,
        "variable" if rest == "builtin" => Class::Constant,
        "comment" => Class::Comment,
        "function" | "method" => Class::Function,
        "type" | "constructor" | "tag" => Class::Type,
        _ => return None,
    })
}

thread_local! {
    static PARSERS: RefCell<HashMap<usize, Parser>> = RefCell::new(HashMap::default());
}

/// Everything that the query captures; `None` when it takes too long.
fn captures(
    grammar: &Grammar,
    loaded: &Loaded,
    text: &str,
    deadline: Instant,
) -> Option<Vec<Part>> {
    let in_time = || {
        if Instant::now() < deadline { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let tree = PARSERS.with_borrow_mut(|parsers| {
        let parser = parsers.entry(grammar.index()).or_default();
        parser.set_language(&loaded.language).ok()?;
        let mut read = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
        let mut progress = |_: &tree_sitter::ParseState| in_time();
        let options = ParseOptions::new().progress_callback(&mut progress);
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })?;
    let mut cursor = QueryCursor::new();
    cursor.set_match_limit(MATCH_LIMIT);
    let mut progress = |_: &tree_sitter::QueryCursorState| in_time();
    let options = QueryCursorOptions::new().progress_callback(&mut progress);
    let mut matches =
        cursor.matches_with_options(&loaded.query, tree.root_node(), text.as_bytes(), options);
    let mut parts = Vec::new();
    while let Some(found) = matches.next() {
        let pattern = found.pattern_index;
        for capture in found.captures() {
            let (start, end) = (capture.node.start_byte(), capture.node.end_byte());
            let class = loaded.classes.get(capture.index as usize).copied().flatten();
            parts.push(Part { start, end, pattern, class });
        }
    }
    Some(parts)
}

/// Nested parts, outer ones first, as parts that lie side by side.
fn flatten(parts: &[Part], len: usize) -> Vec<(Span, Class)> {
    let mut painted: Vec<Option<Class>> = vec![None; len];
    for part in parts {
        painted[part.start.min(len)..part.end.min(len)].fill(part.class);
    }
    let mut out = Vec::new();
    let mut start = 0;
    for run in painted.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        out.extend(run[0].map(|class| (Span::new(start, end), class)));
        start = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(language: &str, text: &str) -> Vec<(String, Class)> {
        highlight(grammar_named(language).unwrap(), text)
            .into_iter()
            .map(|(span, class)| (text[span.start..span.end].to_owned(), class))
            .collect()
    }

    fn has(language: &str, text: &str, part: &str, class: Class) {
        let found = parts(language, text);
        assert!(found.contains(&(part.to_owned(), class)), "{language}: {found:?}");
    }

    #[test]
    fn every_language_with_a_query_of_its_own_compiles_it() {
        for grammar in Grammar::all().iter().filter(|grammar| grammar.is_built_in()) {
            let given = !queries(grammar.name).is_empty();
            assert_eq!(loaded(grammar).is_some(), given, "{}", grammar.name);
        }
    }

    #[test]
    fn keywords_texts_numbers_and_comments() {
        let python = "def total(a):\n    return a + 1  # \"sum\"\n";
        has("py", python, "def", Class::Keyword);
        has("py", python, "total", Class::Function);
        has("py", python, "1", Class::Constant);
        has("py", python, "# \"sum\"", Class::Comment);
        has("rust", "fn f() -> &'static str { \"x\" }", "\"x\"", Class::Text);
        has("ts", "const a: number = 1;", "const", Class::Keyword);
        has("go", "func f() int { return 2 }", "2", Class::Constant);
        has("tsx", "const a = <b>c</b>;", "const", Class::Keyword);
    }

    #[test]
    fn the_code_inside_of_a_text_is_code() {
        let found = parts("python", "f\"a {b + 1} c\"");
        assert!(found.contains(&("1".to_owned(), Class::Constant)), "{found:?}");
    }

    #[test]
    fn names_that_people_use() {
        let name = |text| grammar_named(text).map(|grammar| grammar.name);
        assert_eq!(name("Rust"), Some("Rust"));
        assert_eq!(name("rs"), Some("Rust"));
        assert_eq!(name("shell"), Some("Bash"));
        assert_eq!(name("C++"), Some("C++"));
        assert_eq!(name("nonsense"), None);
    }

    #[test]
    fn a_text_that_is_too_long_or_no_code_is_plain() {
        assert!(parts("rust", &"let a = 1;\n".repeat(30_000)).is_empty());
        assert!(parts("python", "").is_empty());
        // No line feed, and characters of several bytes.
        has("python", "a = \"日本語\"", "\"日本語\"", Class::Text);
    }
}

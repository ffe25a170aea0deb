//! What a file imports when it is imported itself, read off its text without a tree.
//!
//! Whether modules import each other in a circle is asked of all that a module reaches, which may be half a
//! repository. Imports in functions, and those for a type checker alone, do not run then and are left out.

/// One import, in source order: `import a.b` has no names, `from ..a import b, c` two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TopImport {
    pub(super) dots: usize,
    pub(super) parts: Vec<String>,
    pub(super) names: Option<Vec<String>>,
}

/// A statement on one line: without comments, its strings empty, with its indentation in columns.
struct Logical {
    indent: usize,
    code: String,
}

/// Words that begin a statement which holds others.
const COMPOUND: [&str; 12] = [
    "if", "elif", "else", "try", "except", "finally", "for", "while", "with", "class", "match",
    "case",
];

/// See the module.
pub(super) fn of(text: &str) -> Vec<TopImport> {
    let mut out = Vec::new();
    // The indentations of the function, and of the conditions for a type checker, that the line may be in.
    let mut function: Option<usize> = None;
    let mut checked: Vec<usize> = Vec::new();
    for line in logical_lines(text) {
        let code = line.code.trim();
        if function.is_some_and(|at| line.indent > at) {
            continue;
        }
        function = None;
        let word = first_word(code);
        let goes_on = matches!(word, "elif" | "else");
        while checked.last().is_some_and(|at| line.indent < *at || line.indent == *at && !goes_on) {
            checked.pop();
        }
        if word == "def" || word == "async" && first_word(code[5..].trim_start()) == "def" {
            function = Some(line.indent);
            continue;
        }
        let mut rest = code;
        let mut is_checked = !checked.is_empty();
        while COMPOUND.contains(&first_word(rest)) {
            let Some(colon) = colon(rest) else { break };
            let head = rest[..colon].trim_end();
            if first_word(rest) == "if" && head.ends_with("TYPE_CHECKING") {
                checked.push(line.indent);
                is_checked = true;
            }
            rest = rest[colon + 1..].trim_start();
        }
        if !is_checked {
            out.extend(rest.split(';').flat_map(|part| statement(part.trim())));
        }
    }
    out
}

/// What a simple statement imports.
fn statement(code: &str) -> Vec<TopImport> {
    let dotted = |text: &str| -> Vec<String> {
        text.split('.').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    // `a.b as c`
    let item = |text: &str| -> String {
        text.split_whitespace().take_while(|word| *word != "as").collect()
    };
    if let Some(list) = code.strip_prefix("import").filter(|l| l.starts_with([' ', '\t'])) {
        let modules = list.split(',').map(|text| dotted(&item(text)));
        return modules.map(|parts| TopImport { dots: 0, parts, names: None }).collect();
    }
    let from = code.strip_prefix("from").filter(|l| l.starts_with([' ', '\t', '.']));
    let parts = from.and_then(|from| {
        let at = crate::refactor::each_word(from, "import").next()?;
        Some((from[..at.start].trim(), from[at.end..].trim()))
    });
    let Some((module, list)) = parts.filter(|(module, _)| *module != "__future__") else {
        return Vec::new();
    };
    let dots = module.chars().take_while(|c| matches!(c, '.' | ' ')).filter(|c| *c == '.').count();
    let names = list.trim_start_matches('(').trim_end_matches(')').split(',');
    let names = names.map(item).filter(|name| !name.is_empty() && name != "*").collect();
    vec![TopImport { dots, parts: dotted(module), names: Some(names) }]
}

/// The colon that ends the head of a statement.
fn colon(code: &str) -> Option<usize> {
    let mut depth = 0_usize;
    code.char_indices().find_map(|(at, c)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && !code[at + 1..].starts_with('=') => return Some(at),
            _ => {}
        }
        None
    })
}

fn first_word(code: &str) -> &str {
    &code[..code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len())]
}

fn logical_lines(text: &str) -> Vec<Logical> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = logical_line(rest);
        if !line.code.trim().is_empty() {
            out.push(line);
        }
        rest = after;
    }
    out
}

/// The first logical line of a text, and the text after it.
fn logical_line(text: &str) -> (Logical, &str) {
    let start = text.find(|c| !matches!(c, ' ' | '\t' | '\u{c}')).unwrap_or(text.len());
    let indent =
        text[..start].chars().fold(0, |at, c| if c == '\t' { at / 8 * 8 + 8 } else { at + 1 });
    let mut code = String::new();
    let mut depth = 0_usize;
    let mut rest = &text[start..];
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '\n' if depth == 0 => return (Logical { indent, code }, after),
            '\n' => code.push(' '),
            '\\' if after.starts_with(['\n', '\r']) => {
                code.push(' ');
                rest = after.trim_start_matches('\r').strip_prefix('\n').unwrap_or(after);
                continue;
            }
            '#' => {
                rest = &after[after.find('\n').unwrap_or(after.len())..];
                continue;
            }
            '"' | '\'' => {
                code.push_str("\"\"");
                rest = after_string(rest, c);
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c != '\n' {
            code.push(c);
        }
        rest = after;
    }
    (Logical { indent, code }, "")
}

/// The text after a string that begins here. A string without an end ends with its line.
fn after_string(text: &str, quote: char) -> &str {
    let triple: String = [quote; 3].iter().collect();
    let long = text.starts_with(&triple);
    let mut rest = &text[if long { 3 } else { 1 }..];
    while let Some(c) = rest.chars().next() {
        if c == '\\' {
            let mut after = rest[1..].chars();
            after.next();
            rest = after.as_str();
        } else if long && rest.starts_with(&triple) {
            return &rest[3..];
        } else if !long && (c == quote || c == '\n') {
            return if c == quote { &rest[1..] } else { rest };
        } else {
            rest = &rest[c.len_utf8()..];
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |import: TopImport| {
            let module = ".".repeat(import.dots) + &import.parts.join(".");
            import.names.map_or(module.clone(), |names| format!("{module}: {}", names.join(" ")))
        };
        of(text).into_iter().map(show).collect()
    }

    #[test]
    fn imports_that_run_are_found() {
        let text = "\
'''
import not_this
'''
from __future__ import annotations
import a.b as c, d
from . import x
from ..y.z import (  # import neither
    one as uno,
    two,
)
from w import *
if TYPE_CHECKING:
    import hidden
else:
    import hidden_too
try: import quick; import quicker
except ImportError: pass
class A:
    import within
    def f(self):
        import later
    from .after import all_of
async def g(): import later
x = '#' ; import last
text = \"\"\"it's
import not_this\"\"\"
from long \\
    import er
if typing.TYPE_CHECKING: import hidden
";
        let want = [
            "a.b",
            "d",
            ".: x",
            "..y.z: one two",
            "w: ",
            "quick",
            "quicker",
            "within",
            ".after: all_of",
            "last",
            "long: er",
        ];
        assert_eq!(shown(text), want);
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        for text in
            ["'", "\"\"\"a", "((", "\\", "from", "import", "if x", "from a import", "\t\n\\\r\n'\\"]
        {
            of(text);
        }
    }
}

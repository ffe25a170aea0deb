//! String literals: other texts, prefixes, formats, patterns.

use crate::syntax::tree::Node;

use super::constant::{is_docstring, other_literals};
use super::tree;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{children, descendants, named};
use crate::syntax::similar::distance;
use crate::syntax::sink::Sink;

/// `'text'`.
pub(super) fn string(node: Node<'_>, sink: &mut Sink<'_>) {
    if is_docstring(node) || tree::in_string(node) || tree::in_annotation(node) {
        return;
    }
    let Some((prefix, quote, content)) = parts(node, sink) else { return };
    if quote.len() > 1 || content.len() > 80 {
        return;
    }
    let make = |text: &str| format!("{prefix}{quote}{text}{quote}");
    format_prefix(node, prefix, content, sink);
    if prefix.to_ascii_lowercase().contains('f') {
        return;
    }
    for (new, cost) in variants(content) {
        sink.swap(Operator::StringConstant, cost, node, make(&new));
    }
    for (new, cost) in formats(content) {
        sink.swap(Operator::StringFormat, cost, node, make(&new));
    }
    if let Some((name, _)) = tree::argument_of(node, sink) {
        for (new, cost) in by_callee(name, content) {
            sink.swap(Operator::StringConstant, cost, node, make(&new));
        }
        let is_pattern = matches!(
            name,
            "match"
                | "search"
                | "fullmatch"
                | "compile"
                | "findall"
                | "finditer"
                | "sub"
                | "split"
                | "subn"
        );
        if is_pattern && sink.source().contains("import re") {
            for new in patterns(content) {
                sink.swap(Operator::StringConstant, 1.8, node, make(&new));
            }
        }
    }
    others(node, content, sink);
}

/// `{x:.2f}` inside an f-string.
pub(super) fn format_specifier(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    for (new, cost) in specifiers(text) {
        sink.swap(Operator::StringFormat, cost, node, new);
    }
    // Without any specifier.
    sink.swap(Operator::StringFormat, 2.6, node, "");
}

/// The parts of an f-string that are plain text.
pub(super) fn content(node: Node<'_>, sink: &mut Sink<'_>) {
    let formatted = node
        .parent()
        .is_some_and(|p| children(p).any(|c| c.kind() == "interpolation") && !is_docstring(p));
    if !formatted {
        return;
    }
    let text = sink.text(node);
    if text.len() <= 40 && !text.contains('\n') {
        for (new, cost) in variants(text) {
            sink.swap(Operator::StringConstant, cost + 0.4, node, new);
        }
    }
}

/// Prefix, quotes and content of a string literal on one line.
fn parts<'t>(node: Node<'t>, sink: &Sink<'t>) -> Option<(&'t str, &'t str, &'t str)> {
    let text = sink.text(node);
    let start = text.find(['"', '\''])?;
    let (prefix, rest) = text.split_at(start);
    let quote = match rest.get(..3) {
        Some(three @ ("\"\"\"" | "'''")) if rest.len() >= 6 => three,
        _ => rest.get(..1)?,
    };
    let content = rest.get(quote.len()..rest.len().checked_sub(quote.len())?)?;
    (!content.contains('\n')).then_some((prefix, quote, content))
}

/// A missing or superfluous `f`, `r` or `b`.
fn format_prefix(node: Node<'_>, prefix: &str, content: &str, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    if prefix.is_empty() && has_known_name(node, content, sink) {
        sink.swap(Operator::StringFormat, 0.6, node, format!("f{text}"));
    }
    if prefix.eq_ignore_ascii_case("f") {
        sink.swap(Operator::StringFormat, 2.8, node, &text[1..]);
    }
    if prefix.is_empty() && content.contains('\\') {
        sink.swap(Operator::StringFormat, 1.8, node, format!("r{text}"));
    }
    if prefix.eq_ignore_ascii_case("r") {
        sink.swap(Operator::StringFormat, 2.2, node, &text[1..]);
    }
    if prefix.eq_ignore_ascii_case("b") {
        sink.swap(Operator::StringFormat, 2.0, node, &text[1..]);
    }
}

/// True when some `{name}` of the text is a name in scope.
fn has_known_name(node: Node<'_>, content: &str, sink: &Sink<'_>) -> bool {
    let names = sink.names(node);
    content.split('{').skip(1).any(|piece| {
        let inner = piece.split('}').next().unwrap_or("");
        let head = inner.split(['.', '[', ':', '!', '(']).next().unwrap_or("");
        !head.is_empty() && names.iter().any(|n| n.name == head)
    })
}

/// Other texts that differ in case, white space or one sign.
fn variants(content: &str) -> Vec<(String, f32)> {
    let mut out: Vec<(String, f32)> = Vec::new();
    let mut add = |text: String, cost: f32| {
        if text != content {
            out.push((text, cost));
        }
    };
    const SEPARATORS: &[&str] =
        &[",", ", ", " ", "", "\\n", "-", "_", "/", ":", ";", ".", "|", "\\t", "=", "+", "*"];
    if SEPARATORS.contains(&content) {
        let near = |new: &str| new.trim() == content.trim();
        for new in SEPARATORS {
            let cost = if near(new) { 1.1 } else { 2.0 };
            add((*new).to_owned(), cost);
        }
        return out;
    }
    if !content.contains('\\') {
        add(content.to_lowercase(), 1.9);
        add(content.to_uppercase(), 2.0);
        let mut letters = content.chars();
        if let Some(first) = letters.next() {
            add(first.to_uppercase().chain(letters).collect(), 2.1);
        }
        add(content.trim().to_owned(), 1.6);
        add(format!("{content} "), 2.3);
        add(format!(" {content}"), 2.5);
        for mark in ['.', ':', '!', '?', ','] {
            if let Some(less) = content.strip_suffix(mark) {
                add(less.to_owned(), 2.2);
            }
        }
    }
    if let Some(less) = content.strip_suffix("\\n") {
        add(less.to_owned(), 1.6);
    } else {
        add(format!("{content}\\n"), 2.6);
    }
    if content.contains('_') {
        add(content.replace('_', "-"), 2.2);
        add(content.replace('_', " "), 2.4);
    }
    if content.contains('-') {
        add(content.replace('-', "_"), 2.2);
    }
    if content.len() > 1 && content.ends_with('s') {
        add(content[..content.len() - 1].to_owned(), 2.4);
    } else if content.ends_with(|c: char| c.is_ascii_lowercase()) && content.len() > 2 {
        add(format!("{content}s"), 2.5);
    }
    out
}

/// Placeholders: `%d` and `%m`, `{0}` and `{1}`, `:.2f`.
fn formats(content: &str) -> Vec<(String, f32)> {
    let mut out = Vec::new();
    const PAIRS: &[(&str, &str, f32)] = &[
        ("%m", "%M", 1.0),
        ("%M", "%m", 1.0),
        ("%Y", "%y", 1.4),
        ("%y", "%Y", 1.2),
        ("%H", "%I", 1.2),
        ("%I", "%H", 1.2),
        ("%d", "%s", 1.4),
        ("%s", "%d", 1.6),
        ("%s", "%r", 2.0),
        ("%d", "%m", 2.2),
        ("%b", "%B", 1.8),
        ("%a", "%A", 1.8),
        ("{:d}", "{}", 1.4),
        ("{}", "{!r}", 2.6),
        ("{0}", "{}", 2.4),
    ];
    for (old, new, cost) in PAIRS {
        if content.contains(old) {
            out.push((content.replace(old, new), *cost));
        }
    }
    if content.contains("{0}") && content.contains("{1}") {
        let swapped = content.replace("{0}", "\u{0}").replace("{1}", "{0}").replace('\u{0}', "{1}");
        out.push((swapped, 1.2));
    }
    if content.contains("%d") && content.contains("%m") {
        let swapped = content.replace("%d", "\u{0}").replace("%m", "%d").replace('\u{0}', "%m");
        out.push((swapped, 1.2));
    }
    for (opening, closing) in [("{:", '}'), ("%", 'f')] {
        let Some(start) = content.find(opening) else { continue };
        let from = start + opening.len();
        let Some(length) = content[from..].find(closing) else { continue };
        let inner = &content[from..from + length];
        if inner.len() <= 8 {
            for (new, cost) in specifiers(inner) {
                out.push((format!("{}{new}{}", &content[..from], &content[from + length..]), cost));
            }
        }
    }
    if content.contains("{}") {
        out.push((content.replacen("{}", "", 1), 2.4));
    }
    if (content.contains('{') || content.is_empty()) && !content.contains("{0") {
        out.push((format!("{content}{{}}"), 2.4));
        out.push((format!("{content} {{}}"), 2.4));
    }
    out
}

/// Neighbours of a format specifier such as `.2f`, `>10`, `03d`, `,`.
fn specifiers(text: &str) -> Vec<(String, f32)> {
    let mut out = Vec::new();
    for (at, c) in text.char_indices() {
        let put = |new: &str| format!("{}{new}{}", &text[..at], &text[at + c.len_utf8()..]);
        if let Some(digit) = c.to_digit(10) {
            out.push((put(&(digit + 1).to_string()), 1.7));
            if digit > 0 {
                out.push((put(&(digit - 1).to_string()), 1.7));
            }
        }
        let others: &[&str] = match c {
            '<' => &[">", "^"],
            '>' => &["<", "^"],
            '^' => &["<", ">"],
            'f' => &["g", "e", "%"],
            'x' => &["X", "b", "o"],
            'X' => &["x"],
            'b' => &["x"],
            'd' => &["s", "f"],
            's' => &["d"],
            _ => &[],
        };
        out.extend(others.iter().map(|new| (put(new), 1.9)));
    }
    out
}

/// Texts that certain functions take.
fn by_callee(name: &str, content: &str) -> Vec<(String, f32)> {
    let options: &[&str] = match name {
        "open" => &["r", "w", "a", "rb", "wb", "r+", "ab", "x"],
        "encode" | "decode" => &["utf-8", "ascii", "latin-1", "utf-16"],
        _ => &[],
    };
    if !options.contains(&content) {
        return Vec::new();
    }
    options.iter().filter(|o| **o != content).map(|o| ((*o).to_owned(), 1.3)).collect()
}

/// One-step changes of a regular expression.
fn patterns(content: &str) -> Vec<String> {
    let mut out = Vec::new();
    let chars: Vec<(usize, char)> = content.char_indices().collect();
    for (index, &(at, c)) in chars.iter().enumerate() {
        let escaped = index > 0 && chars[index - 1].1 == '\\';
        let mut put = |new: &str| {
            out.push(format!("{}{new}{}", &content[..at], &content[at + c.len_utf8()..]))
        };
        match (escaped, c) {
            (false, '+') => ["*", "?", "", "+?"].iter().for_each(|n| put(n)),
            (false, '*') => ["+", "?", "", "*?"].iter().for_each(|n| put(n)),
            (false, '?') => ["", "*", "+"].iter().for_each(|n| put(n)),
            (false, '.') => ["\\."].iter().for_each(|n| put(n)),
            (false, '^' | '$') => put(""),
            (true, 'd') => ["w", "D", "s"].iter().for_each(|n| put(n)),
            (true, 'w') => ["d", "W", "S"].iter().for_each(|n| put(n)),
            (true, 's') => ["S", "w"].iter().for_each(|n| put(n)),
            (true, 'S') => ["s", "w"].iter().for_each(|n| put(n)),
            _ => {}
        }
    }
    for (from, to) in [
        ("a-z", "a-zA-Z"),
        ("A-Z", "a-zA-Z"),
        ("0-9", "0-9a-z"),
        ("a-zA-Z", "a-zA-Z0-9"),
        ("\\w", "[\\w-]"),
    ] {
        if content.contains(from) {
            out.push(content.replacen(from, to, 1));
        }
    }
    out.push(format!("^{content}"));
    out.push(format!("{content}$"));
    out.push(format!("^{content}$"));
    out.truncate(24);
    out
}

/// Other keys that the file looks up in the same object, the nearest first.
fn keys(node: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    let object = |n: Node<'_>| {
        n.parent()
            .filter(|p| p.kind() == "subscript" && n.field() == Some("subscript"))
            .and_then(|p| p.child_by_field_name("value"))
            .map(|v| sink.text(v))
    };
    let Some(own) = object(node) else { return Vec::new() };
    let mut found: Vec<Node<'_>> = descendants(sink.root())
        .into_iter()
        .filter(|n| n.kind() == "string" && object(*n) == Some(own))
        .filter(|n| sink.text(*n) != sink.text(node))
        .collect();
    found.sort_by_key(|n| n.start_position().row.abs_diff(node.start_position().row));
    let mut out: Vec<String> = Vec::new();
    for text in found.into_iter().map(|n| sink.text(n)) {
        if out.len() < 6 && !out.iter().any(|o| o == text) {
            out.push(text.to_owned());
        }
    }
    out
}

/// Other strings of the function, similar ones of the file, and those the failure speaks of.
fn others(node: Node<'_>, content: &str, sink: &mut Sink<'_>) {
    for other in keys(node, sink) {
        sink.swap(Operator::StringConstant, 1.3, node, other);
    }
    for other in other_literals(node, "string", sink) {
        sink.swap(Operator::StringConstant, 1.8, node, other);
    }
    for (new, cost) in of_the_same_kind(node, sink) {
        sink.swap(Operator::StringConstant, cost, node, new);
    }
    let mut near: Vec<(usize, String)> = descendants(sink.root())
        .into_iter()
        .filter(|n| n.kind() == "string" && n.id() != node.id() && !is_docstring(*n))
        .map(|n| sink.text(n))
        .filter(|t| t.len() <= 40 && t.len() > 4 && *t != sink.text(node))
        .map(|t| (distance(t, sink.text(node)), t.to_owned()))
        .filter(|(d, t)| *d * 3 <= t.len())
        .collect();
    near.sort();
    near.dedup();
    for (_, text) in near.into_iter().take(4) {
        sink.swap(Operator::StringConstant, 1.2, node, text);
    }
    let wanted: Vec<String> = sink
        .context
        .literals
        .iter()
        .filter(|l| l.starts_with(['\'', '"']) && l.len() <= 60 && !l.contains('\n'))
        .take(6)
        .cloned()
        .collect();
    for literal in wanted {
        let inner = literal.trim_matches(['\'', '"']).len();
        let cost = if distance(&literal, sink.text(node)) * 2 <= inner.max(content.len()) {
            1.2
        } else {
            2.0
        };
        sink.swap(Operator::StringConstant, cost, node, literal);
    }
}

/// Strings that stand elsewhere for the same thing: `self.state = 'locked'` where this one is
/// `self.state = 'open'`; after them the nearest of the file.
fn of_the_same_kind(node: Node<'_>, sink: &Sink<'_>) -> Vec<(String, f32)> {
    let role = |n: Node<'_>| {
        let parent = n.parent()?;
        let first = match parent.kind() {
            "assignment" => parent.child_by_field_name("left"),
            "comparison_operator" => named(parent).into_iter().next(),
            _ => None,
        };
        first.filter(|f| f.id() != n.id()).map(|f| sink.text(f))
    };
    let own = sink.text(node);
    let meant = role(node);
    let mut found: Vec<(f32, usize, &str)> = descendants(sink.root())
        .into_iter()
        .filter(|n| n.kind() == "string" && n.id() != node.id() && !is_docstring(*n))
        .filter(|n| sink.text(*n) != own && sink.text(*n).len() <= 30)
        .map(|n| {
            let same = meant.is_some() && role(n) == meant;
            let far = n.start_byte().abs_diff(node.start_byte());
            (if same { 0.9 } else { 1.9 }, far, sink.text(n))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut seen: Vec<&str> = Vec::new();
    found.retain(|(_, _, text)| {
        let new = !seen.contains(text);
        seen.push(text);
        new
    });
    found.into_iter().take(6).map(|(cost, _, text)| (text.to_owned(), cost)).collect()
}

/// `'..{}..'.format(a)` with as many placeholders as arguments.
pub(super) fn placeholder_count(call: Node<'_>, sink: &mut Sink<'_>) {
    if tree::callee(call, sink) != "format" {
        return;
    }
    let Some(literal) = named(call)
        .first()
        .and_then(|f| f.child_by_field_name("object"))
        .filter(|o| o.kind() == "string")
    else {
        return;
    };
    let text = sink.text(literal);
    let (have, given) = (text.matches("{}").count(), tree::positional(call).len());
    if have + 1 == given && text.len() >= 2 {
        let (body, quote) = text.split_at(text.len() - 1);
        for gap in ["", " ", ", "] {
            sink.swap(Operator::StringFormat, 1.0, literal, format!("{body}{gap}{{}}{quote}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::{avoids, reaches};

    #[test]
    fn strings_for_the_same_thing() {
        reaches(
            "class A:\n    def f(self):\n        self.state = 'locked'\n\n    def g(self):\n        self.state = 'open'  #!\n",
            &[
                "class A:\n    def f(self):\n        self.state = 'locked'\n\n    def g(self):\n        self.state = 'locked'\n",
            ],
        );
    }

    #[test]
    fn prefixes_and_formats() {
        reaches("def f(n):\n    return 'n is {n}'  #!\n", &["return f'n is {n}'"]);
        reaches("x = '%Y-%M'  #!\n", &["x = '%Y-%m'"]);
        reaches("x = f'{a:.2f}'  #!\n", &["x = f'{a:.1f}'", "x = f'{a:.3f}'"]);
        reaches("x = '{} {}'.format(a, b, c)  #!\n", &["x = '{} {} {}'.format(a, b, c)"]);
        reaches("x = '{0}{1}'.format(a, b)  #!\n", &["x = '{1}{0}'.format(a, b)"]);
    }

    #[test]
    fn other_texts() {
        reaches(
            "x = ','.join(a)  #!\n",
            &["x = ', '.join(a)", "x = ''.join(a)", "x = ' '.join(a)"],
        );
        reaches("A = 'colour'\nx = d['color']  #!\n", &["x = d['colour']"]);
        reaches("x = open(p, 'w')  #!\n", &["x = open(p, 'a')", "x = open(p, 'r')"]);
        reaches(
            "import re\nx = re.match(r'\\d+', s)  #!\n",
            &["x = re.match(r'\\d*', s)", "x = re.match(r'\\d+$', s)"],
        );
        avoids("'doc'  #!\n", &["'DOC'"]);
    }
}

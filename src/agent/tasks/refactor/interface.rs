//! What others can see of a file, and how a step changes that.

use std::collections::BTreeMap;

use super::Planned;
use super::project::Tree;
use crate::base::{Language, RepoPath};
use crate::refactor::{Project, Refactoring, Rewrite};
use crate::syntax::{self, DefinitionKind, Parsed};

/// One difference between what a file offered and what it offers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    Added(String),
    Gone(String),
    /// Other parameters: before and after.
    Parameters(String, Vec<String>, Vec<String>),
}

impl Difference {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Added(name) => format!("`{name}` is new"),
            Self::Gone(name) => format!("`{name}` is gone"),
            Self::Parameters(name, ..) => format!("`{name}` takes other parameters"),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Added(name) | Self::Gone(name) | Self::Parameters(name, ..) => name,
        }
    }
}

/// All differences of the files that a step changes, tests left out.
pub(super) fn differences(
    tree: &Tree,
    texts: &BTreeMap<RepoPath, String>,
) -> Vec<(RepoPath, Difference)> {
    let mut out = Vec::new();
    for (path, after) in texts {
        let Some(language) = Language::of_path(path.as_str()) else { continue };
        if tree.is_test(path) {
            continue;
        }
        let before = tree.parsed(path).map(|parsed| offered(&parsed)).unwrap_or_default();
        let after = offered(&syntax::parse(language, after.as_str()));
        for (name, params) in &before {
            match after.get(name) {
                None => out.push((path.clone(), Difference::Gone(name.clone()))),
                Some(now) if now != params => {
                    let (was, is) = (params.clone(), now.clone());
                    out.push((path.clone(), Difference::Parameters(name.clone(), was, is)));
                }
                Some(_) => {}
            }
        }
        let new = after.keys().filter(|name| !before.contains_key(*name));
        out.extend(new.map(|name| (path.clone(), Difference::Added(name.clone()))));
    }
    out
}

/// The differences that neither the step announced nor the user asked for. New names are no one's loss.
pub(super) fn unannounced(
    differences: &[(RepoPath, Difference)],
    planned: &Planned,
) -> Vec<(RepoPath, Difference)> {
    let last = |name: &str| name.rsplit(['.', ':']).next().unwrap_or(name).to_owned();
    let subject = planned.subject.as_deref();
    let said = planned.step.interface.iter().map(String::as_str).chain(subject);
    let said: Vec<String> = said.map(last).collect();
    let renamed = subject.zip(planned.renamed.as_deref());
    let announced = |difference: &Difference| match difference {
        Difference::Added(_) => true,
        // A parameter that was renamed is another one for those who call by name: that was asked for.
        Difference::Parameters(_, was, is) if renamed.is_some_and(|pair| same(was, is, pair)) => {
            true
        }
        // A dataclass makes its own.
        Difference::Gone(name) if name.ends_with("__init__") => {
            planned.what == Some(Refactoring::Rewrite(Rewrite::Dataclass))
        }
        // What lies within a renamed or moved class goes with it.
        _ => {
            let mut parts = difference.name().split(['.', ':']).filter(|part| !part.is_empty());
            parts.any(|part| said.iter().any(|s| s == part))
        }
    };
    differences.iter().filter(|(_, difference)| !announced(difference)).cloned().collect()
}

/// The same parameters but for one name.
fn same(was: &[String], is: &[String], (from, to): (&str, &str)) -> bool {
    let with = |param: &String| {
        let words: Vec<&str> = param.split(' ').map(|w| if w == from { to } else { w }).collect();
        words.join(" ")
    };
    was.iter().map(with).eq(is.iter().cloned())
}

/// Public names with their parameters: functions, classes, their public methods, and variables.
fn offered(parsed: &Parsed) -> BTreeMap<String, Vec<String>> {
    let mut out = BTreeMap::new();
    let text = parsed.text();
    let is_public = |name: &str, start: usize| match parsed.language() {
        Language::Python => !name.starts_with('_') || name.starts_with("__"),
        Language::Go => name.starts_with(char::is_uppercase),
        Language::Rust => {
            text[start..].trim_start().starts_with("pub ") || {
                let head: String = text[start..].lines().take(6).collect::<Vec<_>>().join(" ");
                head.split('{').next().is_some_and(|head| head.contains("pub "))
            }
        }
        // Of a script everything at the top may be used by others; of a module what it exports.
        _ => true,
    };
    let exports = exported(parsed);
    for function in syntax::functions(parsed) {
        let nested = function.qualified.matches(['.', ':']).count()
            > usize::from(function.class.is_some()) * 2;
        let outer = function.class.clone().unwrap_or_default();
        if function.is_test
            || nested
            || !is_public(&function.name, function.span.start)
            || outer.starts_with('_')
            || exports.as_ref().is_some_and(|names| !holds(names, &function.qualified))
        {
            continue;
        }
        let params =
            function.params.iter().map(|p| format!("{:?} {} {}", p.kind, p.name, p.has_default));
        out.insert(function.qualified.clone(), params.collect());
    }
    for definition in syntax::definitions(parsed) {
        let counts = matches!(definition.kind, DefinitionKind::Class | DefinitionKind::Variable);
        let exported = exports.as_ref().is_none_or(|names| holds(names, &definition.qualified));
        if counts && exported && is_public(&definition.name, definition.span.start) {
            out.entry(definition.qualified.clone()).or_default();
        }
    }
    out
}

fn holds(names: &[String], qualified: &str) -> bool {
    let first = qualified.split(['.', ':']).next().unwrap_or(qualified);
    names.iter().any(|name| name == first)
}

/// The names that a module of JavaScript or TypeScript exports; `None` for other languages and for scripts.
fn exported(parsed: &Parsed) -> Option<Vec<String>> {
    let script =
        matches!(parsed.language(), Language::JavaScript | Language::TypeScript | Language::Tsx);
    let text = parsed.text();
    if !script || !(text.contains("export") || text.contains("import ")) {
        return None;
    }
    let mut names = Vec::new();
    for (at, _) in text.match_indices("export") {
        let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        if text[line_start..at].trim().is_empty() {
            names.extend(declared(&text[at + "export".len()..]));
        }
    }
    Some(names)
}

/// The names that what stands behind an `export` declares or lists.
fn declared(rest: &str) -> Vec<String> {
    const BEFORE_A_NAME: [&str; 14] = [
        "default",
        "declare",
        "abstract",
        "async",
        "function",
        "class",
        "const",
        "let",
        "var",
        "interface",
        "type",
        "enum",
        "namespace",
        "module",
    ];
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let rest = rest.trim_start();
    let list = rest.strip_prefix("type ").unwrap_or(rest).trim_start();
    if let Some(list) = list.strip_prefix('{') {
        let list = list.split('}').next().unwrap_or_default();
        let names = list.split(|c: char| !part(c)).filter(|word| !word.is_empty());
        return names.filter(|word| *word != "as").map(str::to_owned).collect();
    }
    let mut words = rest.split(|c: char| c.is_whitespace() || c == '*').filter(|w| !w.is_empty());
    let name = words.find(|word| !BEFORE_A_NAME.contains(word));
    let name: String = name.unwrap_or_default().chars().take_while(|c| part(*c)).collect();
    if name.is_empty() { Vec::new() } else { vec![name] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Patch;
    use crate::refactor::Step;

    fn of(language: Language, text: &str) -> Vec<String> {
        offered(&syntax::parse(language, text)).into_keys().collect()
    }

    #[test]
    fn what_others_can_see() {
        let python = "LIMIT = 1\n_own = 2\ndef f(a):\n    def inner(): pass\ndef _g(): pass\nclass C:\n    def m(self): pass\n    def _n(self): pass\n";
        assert_eq!(of(Language::Python, python), ["C", "C.m", "LIMIT", "f"]);
        let module = "export function f() {}\nfunction g() {}\nexport class C { m() {} }\n";
        let names = of(Language::JavaScript, module);
        assert!(names.contains(&"f".to_owned()) && !names.contains(&"g".to_owned()), "{names:?}");
        let module = "export const twice: Size = Size(2);\ntype Size = number;\nexport {\n  a as b,\n};\nfunction a() {}\n";
        let names = of(Language::TypeScript, module);
        assert!(
            names.contains(&"twice".to_owned()) && names.contains(&"a".to_owned()),
            "{names:?}"
        );
        assert!(!names.contains(&"Size".to_owned()), "{names:?}");
        let names = of(Language::Rust, "pub fn f() {}\nfn g() {}\npub struct S;\n");
        assert!(names.contains(&"f".to_owned()) && !names.contains(&"g".to_owned()), "{names:?}");
    }

    #[test]
    fn what_was_not_announced_is_told() {
        let path = RepoPath::new("a.py").unwrap();
        let planned = |subject: &str, to: &str| Planned {
            wish: String::new(),
            step: Step { interface: vec!["f".to_owned()], ..Step::default() },
            what: None,
            subject: Some(subject.to_owned()),
            renamed: Some(to.to_owned()),
            patch: Patch::default(),
            diff: String::new(),
            texts: BTreeMap::new(),
        };
        let params = |names: &[&str]| names.iter().map(|n| format!("Plain {n} false")).collect();
        let all = [
            (path.clone(), Difference::Gone("f".to_owned())),
            (path.clone(), Difference::Added("g".to_owned())),
            (
                path,
                Difference::Parameters("h".to_owned(), params(&["a", "b"]), params(&["a", "c"])),
            ),
        ];
        assert_eq!(unannounced(&all, &planned("x", "y")), [all[2].clone()]);
        assert_eq!(unannounced(&all, &planned("b", "c")), []);
        assert_eq!(unannounced(&all, &planned("h", "i")), []);
    }
}

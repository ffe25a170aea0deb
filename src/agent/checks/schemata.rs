//! Mutant schemata: many candidates compiled as one program, in which an environment variable says
//! which of them runs.
//!
//! Each function with candidates gets a `match` around its body with one arm per candidate, and the
//! original as the last. Candidates that do not compile are found by where the compiler's errors
//! lie. Pure: texts in, texts out; `batch.rs` runs them. The idea is Untch, Offutt and Harrold,
//! "Mutation analysis using mutant schemata" (1993).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;

use crate::agent::candidates::Candidate;
use crate::agent::sources::{Source, Sources};
use crate::base::{Language, Replacement, RepoPath, Span, splice};
use crate::syntax::Function;

/// The variable that says which candidate runs; unset for the original.
pub const VARIABLE: &str = "SLM_ARM";
/// Text of all arms of one file together, in bytes: compiling takes time as well.
const MAX_TEXT: usize = 256 << 10;

/// The number of a candidate in its batch, from 1.
pub type Arm = usize;

/// The body of a function with one candidate's edits.
type Body = (Arm, String);

/// A file with arms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Woven {
    pub path: RepoPath,
    pub text: String,
    arms: Vec<(Arm, Range<usize>)>,
}

/// The arms that `candidates` can be; the others must be tried alone: they change more than the
/// body of one function, or one that an arm cannot stand in.
pub fn weave(candidates: &[(Arm, &Candidate)], sources: &Sources) -> Vec<Woven> {
    let mut by_file: BTreeMap<&RepoPath, Vec<(Arm, &[Replacement])>> = BTreeMap::new();
    for (arm, candidate) in candidates {
        if let [edit] = &candidate.edits[..] {
            by_file.entry(&edit.path).or_default().push((*arm, &edit.replacements));
        }
    }
    let file = |(path, edits): (&RepoPath, Vec<(Arm, &[Replacement])>)| {
        let source = sources.get(path)?;
        Some(weave_file(&source, &edits)).filter(|woven| !woven.arms.is_empty())
    };
    by_file.into_iter().filter_map(file).collect()
}

fn weave_file(source: &Source, edits: &[(Arm, &[Replacement])]) -> Woven {
    let mut by_function: BTreeMap<usize, (&Function, Vec<Body>)> = BTreeMap::new();
    let mut size = 0;
    for (arm, replacements) in edits {
        let Some(function) = host(source, replacements) else { continue };
        let start = function.body.start;
        let inner: Vec<Replacement> = replacements
            .iter()
            .map(|r| Replacement {
                span: Span { start: r.span.start - start, end: r.span.end - start },
                text: r.text.clone(),
            })
            .collect();
        let Some(body) = function.body.of(&source.text) else { continue };
        let Ok(body) = splice(body, &inner) else { continue };
        size += body.len();
        if size > MAX_TEXT {
            break;
        }
        by_function.entry(start).or_insert((function, Vec::new())).1.push((*arm, body));
    }
    let mut text = String::new();
    let mut arms = Vec::new();
    let mut at = 0;
    for (function, bodies) in by_function.values() {
        let Span { start, end } = function.body;
        let head = function.span.start;
        text.push_str(&source.text[at..head]);
        if source.language == Language::Rust {
            // An arm may leave a variable unused, which the crate may deny.
            text.push_str("#[allow(warnings, clippy::all)] ");
        }
        text.push_str(&source.text[head..start]);
        let signature = &source.text[head..start];
        // Go would say that a return is missing at the end of the function, not of the arm.
        let after = match source.language {
            Language::Go if go_has_result(signature) => "; panic(\"no return\")",
            _ => "",
        };
        push_arms(&mut text, source.language, bodies, &source.text[start..end], after, &mut arms);
        at = end;
    }
    text.push_str(&source.text[at..]);
    Woven { path: source.path.clone(), text, arms }
}

fn push_arms(
    text: &mut String,
    language: Language,
    bodies: &[Body],
    original: &str,
    after: &str,
    arms: &mut Vec<(Arm, Range<usize>)>,
) {
    text.push_str(match language {
        Language::Go => "{ switch slmArm {",
        _ => RUST_SWITCH,
    });
    // The Go compiler names lines: each arm begins on one of its own.
    text.push('\n');
    for (arm, body) in bodies {
        text.push_str(&match language {
            Language::Go => format!(" case {arm}: "),
            _ => format!(" {arm}u32 => "),
        });
        let start = text.len();
        text.push_str(body);
        text.push_str(after);
        arms.push((*arm, start..text.len()));
        text.push('\n');
    }
    text.push_str(match language {
        Language::Go => " default: ",
        _ => " _ => ",
    });
    text.push_str(original);
    text.push_str(" } }");
}

/// Names nothing of the crate, so that it can stand in any function of it.
const RUST_SWITCH: &str = "{ match { static ARM: ::std::sync::OnceLock<u32> = \
     ::std::sync::OnceLock::new(); *ARM.get_or_init(|| ::std::env::var(\"SLM_ARM\").ok()\
     .and_then(|v| v.parse().ok()).unwrap_or(0)) } {";

/// True when something stands between the parameters and the body: `func (r R) f(a int) int`.
fn go_has_result(signature: &str) -> bool {
    let mut depth = 0;
    let mut before = 0;
    // A receiver is a group as well, but a name follows it.
    let mut groups = Vec::new();
    for (at, c) in signature.char_indices() {
        match c {
            '(' | '[' | '{' => {
                if depth == 0 && c == '(' {
                    before = at;
                }
                depth += 1;
            }
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 && c == ')' {
                    groups.push((before, at + 1));
                }
            }
            _ => {}
        }
    }
    let is_receiver = |end: usize| signature[end..].trim_start().starts_with(char::is_alphabetic);
    let start = signature.find('(').unwrap_or(0);
    let has_receiver = signature[..start].trim_end().ends_with("func")
        && groups.first().is_some_and(|(_, end)| is_receiver(*end));
    let params = groups.get(usize::from(has_receiver));
    params.is_some_and(|(_, end)| !signature[*end..].trim().is_empty())
}

/// The outermost function whose body holds all of these edits.
fn host<'s>(source: &'s Source, replacements: &[Replacement]) -> Option<&'s Function> {
    let first = replacements.iter().map(|r| r.span.start).min()?;
    let last = replacements.iter().map(|r| r.span.end).max()?;
    let function = source
        .functions
        .iter()
        .filter(|f| f.span.start <= first && last <= f.span.end)
        .min_by_key(|f| f.span.start)?;
    let body = function.body;
    let text = body.of(&source.text)?;
    let signature = source.text.get(function.span.start..body.start)?;
    let mut words = signature.split(|c: char| !c.is_alphanumeric() && c != '_');
    // A constant cannot read a variable, and the arms of one hidden type would be several.
    let is_fixed = source.language == Language::Rust
        && (words.any(|word| word == "const") || signature.contains("-> impl"));
    let inside = body.start < first && last < body.end && text.starts_with('{');
    (inside && !function.is_test && !is_fixed).then_some(function)
}

impl Woven {
    /// The numbers of the arms in it.
    pub fn arms(&self) -> impl Iterator<Item = Arm> {
        self.arms.iter().map(|(arm, _)| *arm)
    }

    /// The arms that this range of its text touches.
    fn touched(&self, range: Range<usize>) -> impl Iterator<Item = Arm> {
        let end = range.end.max(range.start + 1);
        self.arms
            .iter()
            .filter(move |(_, r)| r.start < end && range.start < r.end)
            .map(|(arm, _)| *arm)
    }
}

/// The arms that rustc's errors lie in, from cargo's messages as JSON lines. `None` when some error
/// lies in none of them.
pub fn refused_by_rustc(messages: &str, woven: &[Woven]) -> Option<BTreeSet<Arm>> {
    let mut refused = BTreeSet::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        let message = &value["message"];
        if value["reason"] != "compiler-message" || message["level"] != "error" {
            continue;
        }
        let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
        // "Aborting due to 3 previous errors" has no place.
        if spans.is_empty() && message["code"].is_null() {
            continue;
        }
        let at = |primary: bool| -> BTreeSet<Arm> {
            let spans = spans.iter().filter(|s| (s["is_primary"] == true) == primary);
            spans.flat_map(|span| of_span(span, woven)).collect()
        };
        let mut arms = at(true);
        if arms.is_empty() {
            arms = at(false);
        }
        if arms.is_empty() {
            return None;
        }
        refused.extend(arms);
    }
    Some(refused)
}

/// The arms that a span touches, or the place from which a macro was called.
fn of_span(span: &Value, woven: &[Woven]) -> BTreeSet<Arm> {
    let name = span["file_name"].as_str().unwrap_or_default();
    let offset = |key: &str| span[key].as_u64().and_then(|n| usize::try_from(n).ok());
    if let (Some(start), Some(end)) = (offset("byte_start"), offset("byte_end")) {
        let file = woven.iter().filter(|w| is_same_file(name, &w.path));
        let arms: BTreeSet<Arm> = file.flat_map(|w| w.touched(start..end)).collect();
        if !arms.is_empty() {
            return arms;
        }
    }
    let from = &span["expansion"]["span"];
    if from.is_object() { of_span(from, woven) } else { BTreeSet::new() }
}

/// Compilers name files from the workspace's root, the package's or the file system's.
fn is_same_file(name: &str, path: &RepoPath) -> bool {
    let (name, path) = (name.trim_start_matches("./"), path.as_str());
    let below = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    !name.is_empty() && (below(name, path) || below(path, name))
}

/// The arms that the Go compiler's errors lie in (`./a.go:12:3: message`). `None` when some error
/// lies in none of them.
pub fn refused_by_go(output: &str, woven: &[Woven]) -> Option<BTreeSet<Arm>> {
    let mut refused = BTreeSet::new();
    for line in output.lines() {
        let mut parts = line.splitn(4, ':');
        let (Some(name), Some(row)) = (parts.next(), parts.next()) else { continue };
        let (true, Ok(row)) = (name.ends_with(".go"), row.parse::<usize>()) else { continue };
        let arms: BTreeSet<Arm> = woven
            .iter()
            .filter(|w| is_same_file(name, &w.path))
            .flat_map(|w| {
                let start = w.text.split_inclusive('\n').take(row - 1).map(str::len).sum::<usize>();
                let length = w.text[start..].find('\n').unwrap_or(0);
                w.touched(start..start + length).collect::<Vec<_>>()
            })
            .collect();
        if arms.is_empty() {
            return None;
        }
        refused.extend(arms);
    }
    Some(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::proposal::Tier;
    use crate::base::Line;

    const LIB: &str = "pub fn total(v: &[i64]) -> i64 {\n    let mut sum = 0;\n    for x in v {\n        \
        sum += x;\n    }\n    sum\n}\n\nconst fn two() -> i64 {\n    1 + 1\n}\n\n#[test]\nfn t() {\n    \
        assert_eq!(total(&[1]), 2);\n}\n";

    fn sources() -> (tempfile::TempDir, Sources) {
        let dir = tempfile::tempdir().unwrap();
        crate::base::fs::write(&dir.path().join("lib.rs"), LIB).unwrap();
        let sources = Sources::new(dir.path(), vec![RepoPath::new("lib.rs").unwrap()]);
        (dir, sources)
    }

    fn candidate(old: &str, new: &str) -> Candidate {
        let start = LIB.find(old).unwrap();
        let path = RepoPath::new("lib.rs").unwrap();
        Candidate {
            tier: Tier::Transform,
            operator: "test",
            title: String::new(),
            edits: vec![crate::agent::candidates::FileEdit {
                path: path.clone(),
                replacements: vec![Replacement {
                    span: Span { start, end: start + old.len() },
                    text: new.into(),
                }],
            }],
            place: (path, Line(1)),
            cost: 1.0,
            surprise: None,
        }
    }

    #[test]
    fn bodies_become_arms_and_the_rest_stays() {
        let (_dir, sources) = sources();
        let list = [candidate("sum += x", "sum -= x"), candidate("= 0;", "= 1;")];
        let arms: Vec<(Arm, &Candidate)> =
            list.iter().enumerate().map(|(i, c)| (i + 1, c)).collect();
        let woven = weave(&arms, &sources);
        let [file] = &woven[..] else { panic!("{woven:?}") };
        assert_eq!(file.arms().collect::<Vec<_>>(), [1, 2]);
        assert!(file.text.contains("sum -= x") && file.text.contains("let mut sum = 1;"));
        assert!(file.text.ends_with(&LIB[LIB.find("const fn").unwrap()..]));
        let parsed = crate::syntax::parse(Language::Rust, file.text.as_str());
        assert!(parsed.is_clean(), "{}", file.text);
    }

    #[test]
    fn what_cannot_be_an_arm_is_left_out() {
        let (_dir, sources) = sources();
        let list = [
            candidate("1 + 1", "1 - 1"),
            candidate("&[i64]", "&[i32]"),
            candidate("assert_eq", "assert_ne"),
        ];
        let arms: Vec<(Arm, &Candidate)> =
            list.iter().enumerate().map(|(i, c)| (i + 1, c)).collect();
        assert_eq!(weave(&arms, &sources), []);
    }

    #[test]
    fn results_of_go_functions_are_seen() {
        for with in [
            "func f(a int) int ",
            "func (r *R) f(a func(int) int, b int) (int, error) ",
            "func f[T any](a T) []T ",
            "func (r R) f() interface{ M() } ",
        ] {
            assert!(go_has_result(with), "{with}");
        }
        for without in [
            "func f() ",
            "func (r R) f(a, b int)",
            "func f[T any](a func() T) ",
            "func f(a struct{}) ",
        ] {
            assert!(!go_has_result(without), "{without}");
        }
    }

    fn message(file: &str, start: usize, end: usize) -> String {
        format!(
            r#"{{"reason":"compiler-message","message":{{"level":"error","code":{{"code":"E0308"}},"spans":[{{"file_name":"{file}","byte_start":{start},"byte_end":{end},"is_primary":true}}]}}}}"#
        )
    }

    #[test]
    fn errors_point_at_arms() {
        let (_dir, sources) = sources();
        let list = [candidate("sum += x", "sum -= 'x'"), candidate("= 0;", "= 1;")];
        let arms: Vec<(Arm, &Candidate)> =
            list.iter().enumerate().map(|(i, c)| (i + 1, c)).collect();
        let woven = weave(&arms, &sources);
        let at = woven[0].text.find("'x'").unwrap();
        let inside = message("src/../lib.rs", at, at + 3);
        assert_eq!(refused_by_rustc(&inside, &woven), Some(BTreeSet::from([1])));
        assert_eq!(refused_by_rustc(&message("lib.rs", 0, 3), &woven), None);
        assert_eq!(refused_by_rustc(&message("other.rs", at, at + 3), &woven), None);
        assert_eq!(refused_by_rustc("not json\n{}\n", &woven), Some(BTreeSet::new()));
        let row = woven[0].text[..at].matches('\n').count() + 1;
        let woven = [Woven { path: RepoPath::new("p/lib.go").unwrap(), ..woven[0].clone() }];
        let go = |row: usize| format!("# example/p\np/lib.go:{row}:4: bad\n");
        assert_eq!(refused_by_go(&go(row), &woven), Some(BTreeSet::from([1])));
        assert_eq!(refused_by_go(&go(1), &woven), None);
    }
}

//! What only the rest of the repository can tell.

use crate::base::{RepoPath, Span};
use crate::refactor::{Mention, Project, Reason, Refusal, Setting, words};
use crate::syntax::Parsed;
use crate::syntax::node::{descendants, field, fields, named, text_of};
use crate::syntax::tree::Node;

use super::file::{Beyond, File, Made};
use crate::refactor::python::sieve::may_take;

/// What was made, when the repository has nothing against it.
pub(super) fn check(
    setting: &Setting<'_>,
    file: &File<'_>,
    mut made: Made,
) -> Result<Made, Refusal> {
    if let Some(needs) = made.needs {
        match minimum(setting.project) {
            Some(least) if least < needs => {
                let message = format!(
                    "the project runs on Python {}.{}; this needs {}.{}",
                    least.0, least.1, needs.0, needs.1
                );
                return Err(Refusal::new(Reason::Unsupported, message));
            }
            Some(_) => {}
            None => made.notes.push(format!(
                "It needs Python {}.{}; the project does not say what it runs on.",
                needs.0, needs.1
            )),
        }
    }
    for question in std::mem::take(&mut made.beyond) {
        ask(setting, file, &question)?;
    }
    Ok(made)
}

fn ask(setting: &Setting<'_>, file: &File<'_>, question: &Beyond) -> Result<(), Refusal> {
    match question {
        Beyond::NotTaken(name) => not_taken(setting, name),
        Beyond::Nowhere(word, own) => nowhere(setting, file, word, own),
        Beyond::Import { name, module } => import(setting, file, name, module),
        Beyond::NoFrames => no_frames(setting),
        Beyond::NoDataclassBelow(class) => no_dataclass_below(setting, class),
    }
}

/// The name under which other files know a module: its file without the suffix, or its folder.
fn stem(path: &RepoPath) -> &str {
    match path.file_name().trim_end_matches(".pyi").trim_end_matches(".py") {
        "__init__" => path.parent().rsplit('/').next().unwrap_or(""),
        stem => stem,
    }
}

fn not_taken(setting: &Setting<'_>, name: &str) -> Result<(), Refusal> {
    let path = setting.path();
    let module = stem(path);
    // Most files that say a common name have nothing to do with this module.
    let may = |other: &RepoPath, text: &str| other != path && may_take(text, module, name);
    for other in setting.project.search(&may) {
        let Some(parsed) = setting.project.parsed(&other) else { continue };
        if let Some(at) = takes(&parsed, module, name) {
            let message = format!("{other} takes `{name}` from this module");
            let line = parsed.lines().line(at.start);
            return Err(Refusal::new(Reason::Exported, message).at(&other, line));
        }
    }
    for Mention { path: other, span } in setting.project.mentions(name) {
        let before =
            setting.project.text(&other).and_then(|t| t.get(..span.start).map(str::to_owned));
        let taken = before
            .is_some_and(|b| b.strip_suffix(['.', ':']).is_some_and(|b| ends_in_word(b, module)));
        if taken {
            let message = format!("{other} names `{name}` of this module");
            return Err(Refusal::new(Reason::Exported, message));
        }
    }
    Ok(())
}

fn ends_in_word(text: &str, word: &str) -> bool {
    let before = text.strip_suffix(word).filter(|_| !word.is_empty());
    before.is_some_and(|b| !b.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Where another file takes `name` from a module: by an import, or after a dot.
fn takes(parsed: &Parsed, module: &str, name: &str) -> Option<Span> {
    let text = parsed.text();
    let mut aliases: Vec<String> = vec![module.to_owned()];
    for node in descendants(parsed.root()) {
        let imports = matches!(node.kind(), "import_statement" | "import_from_statement");
        if !imports {
            continue;
        }
        let from = field(node, "module_name").map(|m| text_of(m, text));
        let from_here = from.is_some_and(|from| {
            let last = from.rsplit('.').next().unwrap_or(from);
            last == module || last.is_empty()
        });
        for entry in fields(node, "name") {
            let path = field(entry, "name").unwrap_or(entry);
            let last = text_of(path, text).rsplit('.').next().unwrap_or("");
            if from_here && last == name {
                return Some(crate::syntax::node::span(entry));
            }
            if let Some(alias) = field(entry, "alias").filter(|_| last == module) {
                aliases.push(text_of(alias, text).to_owned());
            }
        }
        if from_here && node.children().any(|c| c.kind() == "wildcard_import") {
            return Some(crate::syntax::node::span(node));
        }
    }
    words(text, name).into_iter().find(|at| {
        let before = text[..at.start].trim_end();
        let object = before.strip_suffix('.').or_else(|| before.strip_suffix(':'));
        object.is_some_and(|b| aliases.iter().any(|alias| ends_in_word(b, alias)))
    })
}

fn nowhere(
    setting: &Setting<'_>,
    file: &File<'_>,
    word: &str,
    own: &[Span],
) -> Result<(), Refusal> {
    let path = setting.path();
    let here = words(file.text, word).into_iter().find(|at| !own.iter().any(|o| o.contains(*at)));
    if let Some(at) = here {
        let message = format!("a comment or a string speaks of `{word}`");
        return Err(Refusal::new(Reason::Dynamic, message).at(path, file.line(at.start)));
    }
    if let Some(other) = setting.project.files_with(word).into_iter().find(|other| other != path) {
        let message = format!("`{word}` stands in {other} too");
        return Err(Refusal::new(Reason::Exported, message));
    }
    if let Some(mention) = setting.project.mentions(word).first() {
        let message = format!("{} speaks of `{word}`", mention.path);
        return Err(Refusal::new(Reason::Exported, message));
    }
    Ok(())
}

fn no_frames(setting: &Setting<'_>) -> Result<(), Refusal> {
    for word in ["f_locals", "getargvalues", "capture_locals", "cgitb"] {
        if let Some(file) = setting.project.files_with(word).first() {
            let message =
                format!("{file} looks at the local variables of other functions (`{word}`)");
            return Err(Refusal::new(Reason::Dynamic, message));
        }
    }
    Ok(())
}

/// Refuses imports of files whose imports are meant for others.
fn import(setting: &Setting<'_>, file: &File<'_>, name: &str, module: &str) -> Result<(), Refusal> {
    let path = setting.path();
    let no = |reason, message: String| Err(Refusal::new(reason, message));
    match path.file_name() {
        "__init__.py" | "__init__.pyi" => {
            return no(
                Reason::Exported,
                format!("`{path}` may pass `{name}` on to those who import the package"),
            );
        }
        "conftest.py" => {
            return no(
                Reason::Dynamic,
                format!("pytest may use `{name}`, since {path} is a conftest"),
            );
        }
        _ => {}
    }
    if path.as_str().ends_with(".pyi") {
        return no(
            Reason::Exported,
            format!("`{path}` is a stub; type checkers read what it imports"),
        );
    }
    let is_test = setting.project.is_test(path);
    let lower = name.to_ascii_lowercase();
    if is_test
        && (lower.starts_with("test")
            || lower.ends_with("test")
            || lower.ends_with("tests")
            || lower.ends_with("testcase"))
    {
        return no(
            Reason::Dynamic,
            format!("the test runner may collect `{name}`, since {path} is a test"),
        );
    }
    let hooks = [
        "setUpModule",
        "tearDownModule",
        "setup_module",
        "teardown_module",
        "load_tests",
        "pytest_plugins",
    ];
    if hooks.contains(&name) {
        return no(Reason::Dynamic, format!("the test runner calls `{name}`"));
    }
    // A fixture is used by a parameter of its name.
    let is_parameter = |o: &crate::refactor::Occurrence| {
        o.span.of(file.text) == Some(name)
            && o.bound
                .is_some_and(|id| file.bound(id).kind == crate::refactor::BoundKind::Parameter)
    };
    let fixture = is_test && file.bindings().occurrences.iter().any(is_parameter);
    if fixture {
        return no(Reason::Dynamic, format!("`{name}` may be a fixture that parameters name"));
    }
    let Some(own) = own_module(setting.project, path, module, name) else { return Ok(()) };
    match setting.project.parsed(&own).and_then(|parsed| effect(&parsed)) {
        Some(line) => {
            let message = format!(
                "importing {own} does something (line {}); the import may be meant for that",
                line.0
            );
            Err(Refusal::new(Reason::Effects, message).at(&own, line))
        }
        None => Ok(()),
    }
}

/// The file of the repository that an import runs, as far as it is one.
fn own_module(
    project: &dyn Project,
    path: &RepoPath,
    module: &str,
    name: &str,
) -> Option<RepoPath> {
    let dots = module.len() - module.trim_start_matches('.').len();
    let dotted = module.trim_start_matches('.').replace('.', "/");
    let mut base = path.parent().to_owned();
    for _ in 1..dots {
        base = base.rsplit_once('/').map_or(String::new(), |(up, _)| up.to_owned());
    }
    let candidates = |stem: &str| [format!("{stem}.py"), format!("{stem}/__init__.py")];
    let joined = |parts: &[&str]| {
        parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join("/")
    };
    let mut stems = Vec::new();
    if dots > 0 {
        stems.extend([joined(&[&base, &dotted, name]), joined(&[&base, &dotted])]);
    } else {
        // From the root, or from any folder above this file.
        let mut folder = path.parent().to_owned();
        loop {
            stems.extend([joined(&[&folder, &dotted, name]), joined(&[&folder, &dotted])]);
            if folder.is_empty() {
                break;
            }
            folder = folder.rsplit_once('/').map_or(String::new(), |(up, _)| up.to_owned());
        }
        stems.extend([joined(&["src", &dotted, name]), joined(&["src", &dotted])]);
    }
    let found = stems.iter().flat_map(|s| candidates(s)).filter_map(|p| RepoPath::new(&p).ok());
    found.into_iter().find(|p| p != path && project.has(p))
}

/// The first line of a module that does more than define: a call, a decorator that may register.
fn effect(parsed: &Parsed) -> Option<crate::base::Line> {
    let text = parsed.text();
    let calls = |n: &Node<'_>| descendants(*n).iter().any(|d| d.kind() == "call");
    let statements = named(parsed.root());
    let found = statements.into_iter().find(|statement| match statement.kind() {
        "expression_statement" => {
            named(*statement).first().is_some_and(|inner| match inner.kind() {
                "call" => true,
                "assignment" => field(*inner, "left")
                    .is_some_and(|l| matches!(l.kind(), "attribute" | "subscript")),
                "augmented_assignment" => calls(inner),
                _ => false,
            })
        }
        "for_statement" | "while_statement" | "with_statement" | "delete_statement" => true,
        "decorated_definition" => named(*statement).iter().any(|n| {
            let harmless = [
                "property",
                "staticmethod",
                "classmethod",
                "dataclass",
                "wraps",
                "lru_cache",
                "cache",
                "contextmanager",
                "total_ordering",
                "overload",
                "deprecated",
                "final",
                "runtime_checkable",
                "unique",
                "fixture",
                "define",
                "attrs",
                "s",
                "singledispatch",
                "asynccontextmanager",
                "cached_property",
                "frozen",
                "mutable",
            ];
            let name = text_of(*n, text).trim_start_matches('@');
            let name = name.split('(').next().unwrap_or(name).trim();
            let last = name.rsplit('.').next().unwrap_or(name);
            n.kind() == "decorator" && !harmless.contains(&last)
        }),
        _ => false,
    });
    found.map(|n| parsed.lines().line(n.start_byte()))
}

fn no_dataclass_below(setting: &Setting<'_>, class: &str) -> Result<(), Refusal> {
    for other in setting.project.files_with(class) {
        let Some(parsed) = setting.project.parsed(&other) else { continue };
        let text = parsed.text();
        for node in
            descendants(parsed.root()).into_iter().filter(|n| n.kind() == "class_definition")
        {
            let bases = field(node, "superclasses").map(named).unwrap_or_default();
            let derived = bases.iter().any(|b| text_of(*b, text).rsplit('.').next() == Some(class));
            let decorated = node.parent().filter(|p| p.kind() == "decorated_definition");
            let data = decorated.is_some_and(|p| {
                named(p)
                    .iter()
                    .any(|d| d.kind() == "decorator" && text_of(*d, text).contains("dataclass"))
            });
            if derived && data {
                let line = parsed.lines().line(node.start_byte());
                let message =
                    format!("a dataclass derives from `{class}`; it would get the fields of it");
                return Err(Refusal::new(Reason::Inherited, message).at(&other, line));
            }
        }
    }
    Ok(())
}

/// The oldest Python that the project says it runs on.
pub(super) fn minimum(project: &dyn Project) -> Option<(u32, u32)> {
    let read = |name: &str| {
        let path = RepoPath::new(name).ok()?;
        let source = || project.parsed(&path).map(|p| p.text().to_owned());
        project.text(&path).or_else(source)
    };
    let keys = ["requires-python", "python_requires", "python-requires", "python"];
    ["pyproject.toml", "setup.cfg", "setup.py", "Pipfile"].iter().find_map(|name| {
        let text = read(name)?;
        text.lines().find_map(|line| {
            let line = line.trim();
            let key = keys.iter().find(|k| line.starts_with(**k))?;
            let rest = line[key.len()..].trim_start_matches(['"', '\'']).trim_start();
            least(rest.strip_prefix(['=', ':'])?)
        })
    })
}

/// The least version that a requirement such as `">=3.8, <4"` allows.
fn least(requirement: &str) -> Option<(u32, u32)> {
    let found = requirement.split(',').find_map(|part| {
        let part = part.trim().trim_matches(['"', '\'', ' ']);
        let version = ["~=", ">=", "==", "^", "~", ">"].iter().find_map(|op| part.strip_prefix(op));
        let bare = || part.starts_with(|c: char| c.is_ascii_digit()).then_some(part);
        version.or_else(bare)
    })?;
    let mut numbers = found.trim().split('.');
    let digits =
        |s: &str| s.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    Some((numbers.next().and_then(digits)?, numbers.next().and_then(digits).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_version_is_read_from_a_requirement() {
        for (text, expected) in [
            ("\">=3.8\"", Some((3, 8))),
            (" '>=3.10,<4'", Some((3, 10))),
            ("\"<4, >=3.9\"", Some((3, 9))),
            ("\"^3.11\"", Some((3, 11))),
            ("\"~=3.7\"", Some((3, 7))),
            ("\"*\"", None),
        ] {
            assert_eq!(least(text), expected, "{text}");
        }
    }
}

//! Where a Python name may come from: the standard library and the repository.

use super::Scene;
use crate::agent::sources::Source;
use crate::base::{Language, Replacement, RepoPath, Span};
use crate::syntax::{self, DefinitionKind};

/// Files looked through for a definition.
const MAX_FILES: usize = 600;

/// Import statements that would bind `name`, likeliest first, with the module for people.
pub(super) fn import_of(name: &str, scene: &Scene<'_>, into: &Source) -> Vec<(String, String)> {
    let mut out = Vec::new();
    if STDLIB_MODULES.contains(&name) {
        out.push((name.to_owned(), format!("import {name}")));
    }
    for (module, names) in STDLIB_NAMES {
        if names.contains(&name) {
            out.push(((*module).to_owned(), format!("from {module} import {name}")));
        }
    }
    for (alias, module) in ALIASES {
        if *alias == name {
            out.push(((*module).to_owned(), format!("import {module} as {alias}")));
        }
    }
    for path in scene.sources.files().iter().filter(|p| p.as_str().ends_with(".py")).take(MAX_FILES)
    {
        if *path == into.path {
            continue;
        }
        let Some(module) = module_of(path) else { continue };
        let Some(source) = scene.sources.get(path) else { continue };
        if source.is_test(crate::base::Span::new(0, source.text.len().min(1))) {
            continue;
        }
        let defines = source.text.contains(name)
            && syntax::definitions(&source.parsed).iter().any(|d| {
                d.name == name
                    && d.kind != DefinitionKind::Import
                    && d.kind != DefinitionKind::Method
            });
        if defines {
            out.push((module.clone(), format!("from {module} import {name}")));
            if path.parent() == into.path.parent() && !path.parent().is_empty() {
                let last = module.rsplit('.').next().unwrap_or(&module);
                out.push((format!(".{last}"), format!("from .{last} import {name}")));
            }
        }
        if module.rsplit('.').next() == Some(name) {
            let statement = match module.rsplit_once('.') {
                Some((package, last)) => format!("from {package} import {last}"),
                None => format!("import {module}"),
            };
            out.push((module.clone(), statement));
        }
    }
    // The form that the file uses already comes first.
    let relative = into.text.contains("\nfrom .") || into.text.starts_with("from .");
    out.sort_by_key(|(module, _)| module.starts_with('.') != relative);
    out
}

/// Top-level names of a module of the repository.
pub(super) fn module_definitions(module: &str, scene: &Scene<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for path in scene.sources.files() {
        let Some(own) = module_of(path) else { continue };
        let same = own == module
            || own.ends_with(&format!(".{module}"))
            || module.ends_with(&format!(".{own}"));
        if !same || Language::of_path(path.as_str()) != Some(Language::Python) {
            continue;
        }
        let Some(source) = scene.sources.get(path) else { continue };
        let definitions = syntax::definitions(&source.parsed);
        out.extend(
            definitions.into_iter().filter(|d| d.kind != DefinitionKind::Method).map(|d| d.name),
        );
    }
    out
}

/// The line feed is part of what is inserted; after a docstring, `__future__` and other imports.
pub(super) fn insert_import(source: &Source, statement: &str) -> Option<Replacement> {
    let definitions = syntax::definitions(&source.parsed);
    let made = |kind: DefinitionKind| {
        matches!(kind, DefinitionKind::Function | DefinitionKind::Class | DefinitionKind::Method)
    };
    let first_made = definitions.iter().filter(|d| made(d.kind)).map(|d| d.span.start).min();
    // Those at the top: not in a `try`, and not in what only runs as a script.
    let at_top = |span: &Span| {
        let line = source.line_text(source.lines.line(span.start));
        !line.starts_with([' ', '\t']) && first_made.is_none_or(|first| span.start < first)
    };
    let imports = definitions.iter().filter(|d| d.kind == DefinitionKind::Import);
    let statements = imports.map(|d| import_statement(source, d.span)).filter(at_top);
    let at = match statements.map(|span| span.end).max() {
        Some(end) => source.lines.span(source.lines.line(end.saturating_sub(1)))?.end,
        None => after_docstring(source),
    };
    let text = match source.text[..at].ends_with('\n') || at == 0 {
        true => format!("{statement}\n"),
        false => format!("\n{statement}\n"),
    };
    Some(Replacement::new(at, at, text))
}

/// The import statement that binds the name at `span`, which may list its names over several lines.
fn import_statement(source: &Source, span: Span) -> Span {
    let text = &source.text;
    let listed = text[..span.start].rfind("import (").filter(|open| {
        // The bracket is still open where the name stands.
        !text[*open..span.start].contains(')')
    });
    let close = text[span.start..].find(')').map(|at| span.start + at + 1);
    match (listed, close) {
        (Some(open), Some(close)) => {
            Span::new(text[..open].rfind('\n').map_or(0, |at| at + 1), close)
        }
        _ => span,
    }
}

fn after_docstring(source: &Source) -> usize {
    let text = &source.text;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.starts_with('#') {
            break;
        }
        at += line.len();
    }
    after_string(text, at).unwrap_or(at)
}

/// The start of the line behind the Python string that stands at `at`; `None` when there is none.
pub(super) fn after_string(text: &str, at: usize) -> Option<usize> {
    let quotes = text.get(at..)?.trim_start_matches(['r', 'R', 'u', 'U']);
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| quotes.starts_with(quote))?;
    let inner = text.len() - quotes.len() + quote.len();
    let close = inner + text[inner..].find(quote)? + quote.len();
    Some(text[close..].find('\n').map_or(text.len(), |feed| close + feed + 1))
}

/// A path as the dotted module that Python would import.
fn module_of(path: &RepoPath) -> Option<String> {
    let stem = path.as_str().strip_suffix(".py")?;
    let stem = stem.strip_prefix("src/").unwrap_or(stem);
    Some(stem.trim_end_matches("/__init__").replace('/', "."))
}

/// Modules of the standard library that programs import by name.
pub(super) const STDLIB_MODULES: &[&str] = &[
    "abc",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "bisect",
    "calendar",
    "cmath",
    "codecs",
    "collections",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fnmatch",
    "fractions",
    "functools",
    "gc",
    "getpass",
    "glob",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "locale",
    "logging",
    "math",
    "mimetypes",
    "numbers",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "pprint",
    "queue",
    "random",
    "re",
    "secrets",
    "select",
    "shlex",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "stat",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "urllib",
    "uuid",
    "warnings",
    "weakref",
    "xml",
    "zipfile",
    "zlib",
    "zoneinfo",
];

/// Names that are usually imported out of their module.
const STDLIB_NAMES: &[(&str, &[&str])] = &[
    ("collections", &["defaultdict", "OrderedDict", "Counter", "deque", "namedtuple", "ChainMap"]),
    (
        "collections.abc",
        &["Mapping", "MutableMapping", "Sequence", "Iterator", "Hashable", "Sized"],
    ),
    (
        "typing",
        &[
            "Any",
            "Callable",
            "ClassVar",
            "Dict",
            "Iterable",
            "List",
            "Optional",
            "Set",
            "Tuple",
            "Union",
            "NamedTuple",
            "TypeVar",
            "Generic",
            "Protocol",
        ],
    ),
    ("dataclasses", &["dataclass", "field", "asdict", "replace"]),
    ("datetime", &["datetime", "date", "timedelta", "timezone"]),
    ("decimal", &["Decimal", "ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_DOWN", "InvalidOperation"]),
    ("fractions", &["Fraction"]),
    (
        "functools",
        &[
            "lru_cache",
            "partial",
            "reduce",
            "wraps",
            "cached_property",
            "total_ordering",
            "singledispatch",
            "cmp_to_key",
            "cache",
        ],
    ),
    (
        "itertools",
        &[
            "chain",
            "combinations",
            "permutations",
            "product",
            "islice",
            "groupby",
            "accumulate",
            "zip_longest",
            "repeat",
            "cycle",
            "count",
            "takewhile",
            "dropwhile",
            "starmap",
            "tee",
            "pairwise",
        ],
    ),
    ("operator", &["itemgetter", "attrgetter", "methodcaller"]),
    ("pathlib", &["Path", "PurePath", "PurePosixPath"]),
    ("enum", &["Enum", "IntEnum", "Flag", "auto"]),
    ("abc", &["ABC", "abstractmethod"]),
    ("contextlib", &["contextmanager", "suppress", "closing", "ExitStack", "redirect_stdout"]),
    (
        "math",
        &["sqrt", "ceil", "floor", "pi", "log", "isclose", "gcd", "inf", "hypot", "prod", "isnan"],
    ),
    ("copy", &["deepcopy"]),
    ("heapq", &["heappush", "heappop", "heapify", "nlargest", "nsmallest"]),
    ("bisect", &["bisect_left", "bisect_right", "insort"]),
    ("io", &["StringIO", "BytesIO"]),
    (
        "string",
        &[
            "ascii_letters",
            "ascii_lowercase",
            "ascii_uppercase",
            "digits",
            "punctuation",
            "Template",
        ],
    ),
    ("textwrap", &["dedent", "indent"]),
    ("uuid", &["uuid4", "UUID"]),
    ("statistics", &["mean", "median", "stdev"]),
    ("urllib.parse", &["urlparse", "urlencode", "quote", "unquote", "urljoin", "parse_qs"]),
    ("types", &["SimpleNamespace", "MappingProxyType"]),
    ("random", &["randint", "choice", "shuffle"]),
    ("time", &["sleep", "perf_counter", "monotonic"]),
];

const ALIASES: &[(&str, &str)] =
    &[("np", "numpy"), ("pd", "pandas"), ("plt", "matplotlib.pyplot"), ("dt", "datetime")];

/// Methods of builtin types, for messages that name the type.
pub(super) fn methods_of(owner: &str) -> &'static [&'static str] {
    match owner {
        "str" => &[
            "capitalize",
            "casefold",
            "center",
            "count",
            "encode",
            "endswith",
            "find",
            "format",
            "index",
            "isalnum",
            "isalpha",
            "isdigit",
            "islower",
            "isspace",
            "isupper",
            "join",
            "ljust",
            "lower",
            "lstrip",
            "partition",
            "replace",
            "rfind",
            "rjust",
            "rpartition",
            "rsplit",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "swapcase",
            "title",
            "upper",
            "zfill",
        ],
        "list" => &[
            "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove",
            "reverse", "sort",
        ],
        "dict" => &[
            "clear",
            "copy",
            "get",
            "items",
            "keys",
            "pop",
            "popitem",
            "setdefault",
            "update",
            "values",
        ],
        "set" | "frozenset" => &[
            "add",
            "clear",
            "copy",
            "difference",
            "discard",
            "intersection",
            "isdisjoint",
            "issubset",
            "issuperset",
            "pop",
            "remove",
            "union",
            "update",
        ],
        "bytes" => &[
            "decode",
            "find",
            "hex",
            "join",
            "replace",
            "split",
            "strip",
            "startswith",
            "endswith",
        ],
        "collections.deque" => {
            &["append", "appendleft", "clear", "extend", "pop", "popleft", "rotate"]
        }
        _ => &[],
    }
}

/// What people mean when they call a method of another type.
pub(super) fn related_methods(owner: &str, name: &str) -> &'static [&'static str] {
    match (owner, name) {
        ("list", "add" | "push" | "push_back") => &["append"],
        ("list", "addAll" | "update" | "concat") => &["extend"],
        ("set", "append" | "push") => &["add"],
        ("set", "extend") => &["update"],
        ("dict", "iteritems") => &["items"],
        ("dict", "has_key" | "add" | "append") => &["setdefault", "get"],
        ("str", "decode") => &["encode"],
        ("bytes", "encode") => &["decode"],
        ("str", "contains") => &["find"],
        ("str", "trim") => &["strip"],
        ("str", "length" | "size") => &["__len__"],
        _ => &[],
    }
}

pub(super) const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "callable",
    "chr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "object",
    "open",
    "ord",
    "pow",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "Exception",
    "ValueError",
    "KeyError",
    "TypeError",
    "IndexError",
    "True",
    "False",
    "None",
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::splice;

    fn with_import(text: &str) -> String {
        let path = RepoPath::new("a.py").unwrap();
        let source = Source::new(path, Language::Python, Arc::from(text.as_bytes())).unwrap();
        splice(text, &[insert_import(&source, "import new").unwrap()]).unwrap()
    }

    #[test]
    fn an_import_joins_those_at_the_top() {
        let guarded = "import a\ntry:\n    import b\nexcept ImportError:\n    b = None\n\n\ndef f():\n    pass\n\n\nif __name__ == '__main__':\n    import sys\n";
        assert!(with_import(guarded).starts_with("import a\nimport new\ntry:"));
        let late = "import a\n\n\ndef f():\n    import c\n\n\nimport z\n";
        assert!(with_import(late).starts_with("import a\nimport new\n\n"));
        let several = "from a import (\n    b,\n    c,\n)\nx = 1\n";
        assert_eq!(with_import(several), "from a import (\n    b,\n    c,\n)\nimport new\nx = 1\n");
        let none = "#!/usr/bin/env python3\n'''About.'''\nx = 1\n";
        assert!(
            with_import(none).starts_with("#!/usr/bin/env python3\n'''About.'''\nimport new\n")
        );
    }
}

//! Rules for JavaScript's modules: what to import, and from where; and the words of its library.

use super::javascript::SCRIPT;
use super::place::{Place, ranked, repository, swap_all, words};
use super::{Scene, captures};
use crate::agent::candidates::Candidate;
use crate::agent::localise::frames::resolve;
use crate::agent::sources::Source;
use crate::base::{Language, Replacement, RepoPath};
use crate::syntax::{self, DefinitionKind};
use crate::trace::Failure;

/// Modules that offer `name`, and whether it stands for the whole module.
pub(super) fn modules_of(name: &str, scene: &Scene<'_>, into: &Source) -> Vec<(String, bool)> {
    let mut out = Vec::new();
    if BUILTIN_MODULES.contains(&name) {
        out.push((name.to_owned(), true));
    }
    let items = BUILTIN_ITEMS.iter().filter(|(_, names)| names.contains(&name));
    out.extend(items.map(|(module, _)| ((*module).to_owned(), false)));
    for source in repository(scene, SCRIPT).filter(|s| s.path != into.path) {
        let exported = !words(&source.text, name).is_empty()
            && syntax::definitions(&source.parsed).iter().any(|d| {
                d.name == name && !matches!(d.kind, DefinitionKind::Import | DefinitionKind::Method)
            });
        if exported {
            let alone = source.text.contains(&format!("module.exports = {name}"))
                || source.text.contains(&format!("export default {name}"));
            out.push((relative(&into.path, &source.path, into), alone));
        }
    }
    out
}

/// How `from` would name the file `to`; with the extension where modules of ECMAScript need it.
fn relative(from: &RepoPath, to: &RepoPath, source: &Source) -> String {
    let here: Vec<&str> = from.parent().split('/').filter(|p| !p.is_empty()).collect();
    let there: Vec<&str> = to.as_str().split('/').collect();
    let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(here.len() - shared);
    let path = format!("{}{}", if up.is_empty() { "./" } else { &up }, there[shared..].join("/"));
    let bare = path.rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem);
    let typed = to.as_str().ends_with(".ts") || to.as_str().ends_with(".tsx");
    let modern = source.text.contains("import ") && !source.text.contains("require(");
    if typed || !modern { bare.to_owned() } else { path }
}

/// A `require` or an `import`, as the file does it, below the last one.
pub(super) fn insert_import(source: &Source, name: &str, module: &str, whole: bool) -> Replacement {
    let modern = source.text.lines().any(|l| l.starts_with("import ") || l.starts_with("export "))
        || source.path.as_str().ends_with(".mjs")
        || source.language != Language::JavaScript;
    let quote = if source.text.contains("from \"") || source.text.contains("require(\"") {
        '"'
    } else {
        '\''
    };
    let bound = if whole { name.to_owned() } else { format!("{{ {name} }}") };
    let statement = if modern {
        format!("import {bound} from {quote}{module}{quote};\n")
    } else {
        format!("const {bound} = require({quote}{module}{quote});\n")
    };
    let (mut at, mut end) = (0, 0);
    for line in source.text.split_inclusive('\n') {
        at += line.len();
        let import = line.starts_with("import ") && line.contains(['\'', '"'])
            || line.contains("require(") && !line.starts_with(' ')
            || line.starts_with("} from ");
        if import
            || end + line.len() == at && (line.starts_with("#!") || line.contains("use strict"))
        {
            end = at;
        }
    }
    Replacement::new(end, end, statement)
}

pub(super) fn missing_module(module: &str, failure: &Failure, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    let base = module.rsplit('/').next().unwrap_or(module);
    let stem = base.split('.').next().unwrap_or(base);
    let mut importers: Vec<RepoPath> =
        failure.frames.iter().filter_map(|f| resolve(&f.path, scene.sources)).collect();
    let stack = failure.message.lines().skip(1).map(|l| l.trim_start_matches(['-', ' ']));
    importers.extend(stack.filter_map(|l| resolve(l, scene.sources)));
    // Modules of ECMAScript: `Cannot find module '/x/a.mjs' imported from /x/b.mjs`.
    if let Some([from]) = captures(r"imported from (\S+)", &failure.message) {
        importers.extend(resolve(from, scene.sources));
    }
    importers.dedup();
    for source in importers.iter().take(3).filter_map(|p| scene.sources.get(p)) {
        let all: Vec<RepoPath> = repository(scene, SCRIPT).map(|s| s.path.clone()).collect();
        let stems: Vec<String> = all
            .iter()
            .map(|p| p.file_name().split('.').next().unwrap_or_default().to_owned())
            .collect();
        let same = stems.iter().map(String::as_str).filter(|s| *s == stem);
        let similar: Vec<&str> =
            same.chain(syntax::similar_names(stem, stems.iter().map(String::as_str))).collect();
        for (at, _) in source.text.match_indices(base) {
            let text = &source.text;
            let Some(start) = text[..at].rfind(['\'', '"']).map(|n| n + 1) else { continue };
            let Some(end) = text[at..].find(['\'', '"']).map(|n| at + n) else { continue };
            let line = source.lines.line(at);
            let Some(span) = source.lines.span(line).filter(|s| s.start <= start && s.end >= end)
            else {
                continue;
            };
            let place = Place { source: source.clone(), line, span, column: None };
            let mut rank = 0;
            for (path, name) in all.iter().zip(&stems).filter(|(p, _)| **p != source.path) {
                let Some(likeness) = similar.iter().position(|s| s == name) else { continue };
                let mut new = relative(&source.path, path, &source);
                if text[start..end].contains(&format!("{stem}.")) && !new.ends_with("js") {
                    new = format!("{new}.{}", path.as_str().rsplit('.').next().unwrap_or("js"));
                }
                let title = format!("import `{new}`");
                let edit = Replacement::new(start, end, new);
                let cost = ranked(0.2, 0.3, likeness);
                out.push(place.propose("module_path", title, vec![edit], cost));
                rank += 1;
                if rank > 5 {
                    break;
                }
            }
        }
    }
    out
}

pub(super) fn missing_export(
    module: &str,
    name: &str,
    place: &Place,
    scene: &Scene<'_>,
) -> Vec<Candidate> {
    let mut out = Vec::new();
    let base = module.rsplit('/').next().unwrap_or(module);
    let text = &place.source.text;
    for other in repository(scene, SCRIPT).filter(|s| s.path.file_name() == base) {
        let definitions = syntax::definitions(&other.parsed);
        let all: Vec<&str> = definitions
            .iter()
            .filter(|d| !matches!(d.kind, DefinitionKind::Import | DefinitionKind::Method))
            .map(|d| d.name.as_str())
            .collect();
        for (rank, new) in
            syntax::similar_names(name, all.iter().copied()).into_iter().take(3).enumerate()
        {
            let edits: Vec<Replacement> = words(text, name)
                .into_iter()
                .map(|at| Replacement::new(at, at + name.len(), new))
                .collect();
            let title = format!("import `{new}` instead of `{name}`");
            out.push(place.propose("import_name", title, edits, ranked(0.2, 0.4, rank)));
            let here = words(place.text(), name);
            let renamed = format!("{new} as {name}");
            out.extend(swap_all(
                place,
                &here,
                name,
                &renamed,
                "import_name",
                ranked(0.4, 0.4, rank),
            ));
        }
        if let Some(definition) = definitions.iter().find(|d| d.name == name) {
            // It is there but not exported.
            let line = definition.line;
            let head = other.line_text(line);
            if let Some(span) = other.lines.span(line).filter(|_| !head.starts_with("export")) {
                let edit = Replacement::new(span.start, span.start, "export ");
                let there = Place { source: other.clone(), line, span, column: None };
                out.push(there.propose(
                    "missing_export",
                    format!("export `{name}`"),
                    vec![edit],
                    0.1,
                ));
            }
        }
        if other.text.contains("export default") {
            let braced = format!("{{ {name} }}");
            if let Some(at) = place.text().find(&braced) {
                let edit = place.swap(at, &braced, name);
                out.push(place.propose("default_import", "import the default", vec![edit], 0.3));
            }
        } else if name == "default"
            && let Some([bound]) = captures(r"import\s+([\w$]+)\s+from", place.text())
            && let Some(at) = place.text().find(bound)
        {
            let edit = place.swap(at, bound, &format!("{{ {bound} }}"));
            out.push(place.propose("named_import", "import by name", vec![edit], 0.2));
            let at = place.text().find(bound).unwrap_or(at);
            let edit = place.swap(at, bound, &format!("* as {bound}"));
            out.push(place.propose("named_import", "import everything", vec![edit], 0.4));
        }
    }
    out
}

/// What people mean who know the word from another language or type.
pub(super) fn related_methods(name: &str) -> &'static [&'static str] {
    match name {
        "append" | "add" => &["push", "add", "set"],
        "push" => &["add", "set"],
        "contains" | "has" => &["includes", "has"],
        "includes" => &["has"],
        "len" | "size" | "count" | "length" => &["length", "size"],
        "strip" => &["trim"],
        "upper" | "toUpper" => &["toUpperCase"],
        "lower" | "toLower" => &["toLowerCase"],
        "startswith" => &["startsWith"],
        "endswith" => &["endsWith"],
        "remove" => &["delete", "splice"],
        "each" => &["forEach"],
        "put" | "insert" => &["set", "splice"],
        "format" | "str" | "to_string" => &["toString"],
        "extend" => &["concat"],
        "first" => &["at"],
        "collect" | "select" => &["map", "filter"],
        "fold" | "inject" => &["reduce"],
        "any" => &["some"],
        "all" => &["every"],
        "items" => &["entries"],
        _ => &[],
    }
}

pub(super) const METHODS: &[&str] = &[
    "at",
    "concat",
    "every",
    "fill",
    "filter",
    "find",
    "findIndex",
    "flat",
    "flatMap",
    "forEach",
    "includes",
    "indexOf",
    "join",
    "keys",
    "lastIndexOf",
    "length",
    "map",
    "pop",
    "push",
    "reduce",
    "reduceRight",
    "reverse",
    "shift",
    "slice",
    "some",
    "sort",
    "splice",
    "unshift",
    "values",
    "charAt",
    "charCodeAt",
    "codePointAt",
    "endsWith",
    "localeCompare",
    "match",
    "matchAll",
    "padEnd",
    "padStart",
    "repeat",
    "replace",
    "replaceAll",
    "search",
    "split",
    "startsWith",
    "substring",
    "toLowerCase",
    "toUpperCase",
    "trim",
    "trimEnd",
    "trimStart",
    "clear",
    "delete",
    "entries",
    "get",
    "has",
    "set",
    "add",
    "size",
    "then",
    "catch",
    "finally",
    "toFixed",
    "toString",
    "valueOf",
    "getTime",
    "toISOString",
    "getFullYear",
    "getMonth",
    "getDate",
    "hasOwnProperty",
    "assign",
    "freeze",
    "fromEntries",
    "isArray",
    "from",
    "of",
    "parse",
    "stringify",
    "floor",
    "ceil",
    "round",
    "max",
    "min",
    "abs",
    "sqrt",
    "pow",
    "random",
    "log",
    "error",
    "warn",
    "isInteger",
    "isNaN",
    "parseInt",
    "parseFloat",
    "call",
    "apply",
    "bind",
];

pub(super) const GLOBALS: &[&str] = &[
    "Array",
    "Boolean",
    "Date",
    "Error",
    "Infinity",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "RangeError",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "TypeError",
    "console",
    "false",
    "isNaN",
    "module",
    "null",
    "parseFloat",
    "parseInt",
    "process",
    "require",
    "setTimeout",
    "true",
    "undefined",
];

const BUILTIN_MODULES: &[&str] = &[
    "assert",
    "child_process",
    "crypto",
    "events",
    "fs",
    "http",
    "https",
    "net",
    "os",
    "path",
    "readline",
    "stream",
    "url",
    "util",
    "zlib",
];

const BUILTIN_ITEMS: &[(&str, &[&str])] = &[
    ("events", &["EventEmitter", "once"]),
    ("fs", &["readFileSync", "writeFileSync", "existsSync", "readFile", "mkdirSync"]),
    ("path", &["join", "resolve", "dirname", "basename", "extname"]),
    ("util", &["promisify", "inspect", "format", "isDeepStrictEqual"]),
    ("url", &["fileURLToPath", "pathToFileURL"]),
    ("crypto", &["createHash", "randomUUID", "randomBytes"]),
    ("stream", &["Readable", "Writable", "Transform", "pipeline"]),
    ("perf_hooks", &["performance"]),
    ("worker_threads", &["Worker"]),
    ("timers/promises", &["setTimeout"]),
];

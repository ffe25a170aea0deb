//! Modules and imports of Rust that the crate does not have: `mod x;` without its file, `use crate::a::b` where
//! `a` has no `b`.
//!
//! The compiler says the same, later. Where a macro, a glob or a build could make the name, nothing is said.

mod items;

use items::{Items, Place};

use crate::agent::review::rules::{MISSING_IMPORT, MISSING_MODULE};
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, RepoPath};
use crate::refactor::Project;
use crate::syntax::node::{children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// The new modules and imports of a file that fail.
pub(in crate::agent::review) fn find(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    if !source.is(Language::Rust)
        || source.kind.fixture
        || source.kind.foreign()
        || source.kind.template
        || !source.is_clean()
    {
        return;
    }
    for node in source.nodes() {
        match node.kind() {
            "mod_item" if source.wants(span(node)) => out.extend(module(source, world, node)),
            "use_declaration" => imports(source, world, node, out),
            _ => {}
        }
    }
}

/// `mod x;` at the top of a file, neither of which files is there.
fn module(source: &Source, world: World<'_>, node: Node<'_>) -> Option<Draft> {
    let top = node.parent().is_some_and(|parent| parent.kind() == "source_file");
    if !top || field(node, "body").is_some() || has_attribute(source, node) {
        return None;
    }
    let name = source.text_of(field(node, "name")?);
    // Which files are roots of crates is the manifest's to say: both readings have to fail.
    let places = places(&source.path, name);
    let there = |place: &String| RepoPath::new(place).map_or(true, |path| world.project.has(&path));
    if places.iter().any(there) || is_made_elsewhere(world.project, name) {
        return None;
    }
    let message = format!(
        "there is no file for the module `{name}` (it would be `{}`): the crate does not compile; was it left out of the commit?",
        places[0]
    );
    let draft = Draft::at(&MISSING_MODULE, source, node, message);
    Some(draft.key(format!("module {name}")).confidence(0.95))
}

/// Where the file of a module may be that another file declares.
fn places(declaring: &str, name: &str) -> Vec<String> {
    let (dir, file) = declaring.rsplit_once('/').unwrap_or(("", declaring));
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let join = |parts: &[&str]| {
        parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
    };
    let mut places = Vec::new();
    let root = matches!(file, "mod.rs" | "lib.rs" | "main.rs");
    if !root {
        places.push(join(&[dir, stem, &format!("{name}.rs")]));
        places.push(join(&[dir, stem, name, "mod.rs"]));
    }
    places.push(join(&[dir, &format!("{name}.rs")]));
    places.push(join(&[dir, name, "mod.rs"]));
    places
}

/// `#[path]`, or `#[cfg]`: then the file may be elsewhere, or made.
fn has_attribute(source: &Source, node: Node<'_>) -> bool {
    let before = std::iter::successors(node.prev_named_sibling(), |n| n.prev_named_sibling());
    before
        .take_while(|n| matches!(n.kind(), "attribute_item" | "line_comment" | "block_comment"))
        .filter(|n| n.kind() == "attribute_item")
        .any(|n| ["path", "cfg"].iter().any(|word| source.text_of(n).contains(word)))
}

/// By a build, as git is told, or by its name.
fn is_made_elsewhere(project: &dyn Project, name: &str) -> bool {
    let ignored = RepoPath::new(".gitignore").ok().and_then(|path| project.text(&path));
    ["generated", "bindings", "proto", "version", "built"].iter().any(|w| name.contains(w))
        || ignored.is_some_and(|text| text.contains(&format!("{name}.rs")))
}

fn imports(source: &Source, world: World<'_>, node: Node<'_>, out: &mut Vec<Draft>) {
    let Some(argument) = field(node, "argument") else { return };
    let mut paths = Vec::new();
    use_paths(argument, &[], &mut paths);
    let inside: Vec<&UsePath<'_>> = paths
        .iter()
        .filter(|path| path.first().is_some_and(|first| first.kind() == "crate"))
        .filter(|path| path.last().is_some_and(|last| source.wants(span(*last))))
        .collect();
    if inside.is_empty() {
        return;
    }
    let Some(mut roots) = crate_roots(world.project, &source.path) else { return };
    // What no root leads to is no part of the crate, or is one by another way.
    roots.retain(|root| reaches(world.project, root, &source.path));
    if roots.is_empty() {
        return;
    }
    for path in inside {
        let segments: Vec<&str> = path[1..].iter().map(|n| source.text_of(*n)).collect();
        let mut missing = None;
        let everywhere = roots.iter().all(|root| {
            missing = look_up(world.project, root, &segments);
            missing.is_some()
        });
        let Some(Missing { at, module, known }) = missing.filter(|_| everywhere) else { continue };
        let (segment, name) = (path[at + 1], segments[at]);
        if makes_macro(world.project, name) {
            continue;
        }
        let near = crate::syntax::similar_names(name, known.iter().map(String::as_str));
        let hint = near.first().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        let message = format!("`{module}` has no `{name}`: the crate does not compile{hint}");
        let draft = Draft::at(&MISSING_IMPORT, source, segment, message);
        out.push(draft.key(format!("{module} {name}")).confidence(0.93));
    }
}

/// The segments of one imported path.
type UsePath<'t> = Vec<Node<'t>>;

/// The paths of a tree of imports, without those of globs.
fn use_paths<'t>(node: Node<'t>, prefix: &[Node<'t>], out: &mut Vec<UsePath<'t>>) {
    let mut path = prefix.to_vec();
    match node.kind() {
        "use_list" => named(node).into_iter().for_each(|n| use_paths(n, prefix, out)),
        "scoped_use_list" => {
            path.extend(field(node, "path").map(segments).unwrap_or_default());
            if let Some(list) = field(node, "list") {
                use_paths(list, &path, out);
            }
        }
        "use_as_clause" => {
            if let Some(inner) = field(node, "path") {
                use_paths(inner, prefix, out);
            }
        }
        "use_wildcard" => {}
        // `a::{self}` is `a`.
        "self" if !prefix.is_empty() => out.push(path),
        _ => {
            path.extend(segments(node));
            out.push(path);
        }
    }
}

fn segments(node: Node<'_>) -> Vec<Node<'_>> {
    if node.kind() != "scoped_identifier" {
        return vec![node];
    }
    let mut path = field(node, "path").map(segments).unwrap_or_default();
    path.extend(field(node, "name"));
    path
}

/// The files that may be the root of the crate a file is in; `None` where the manifest chooses others.
fn crate_roots(project: &dyn Project, importer: &str) -> Option<Vec<RepoPath>> {
    let at = importer.rfind("/src/").map(|at| &importer[..at]);
    let base = at.or_else(|| importer.starts_with("src/").then_some(""))?;
    let join = |name: &str| {
        let whole = if base.is_empty() { name.to_owned() } else { format!("{base}/{name}") };
        RepoPath::new(&whole).ok()
    };
    let inner = importer[base.len()..].trim_start_matches('/');
    let manifest = project.text(&join("Cargo.toml")?)?;
    let other = ["path = \"src/", "path=\"src/"].iter().any(|w| manifest.contains(w));
    if other || inner.starts_with("src/bin/") {
        return None;
    }
    let roots = ["src/lib.rs", "src/main.rs"].into_iter().filter_map(join);
    let roots: Vec<RepoPath> = roots.filter(|path| project.has(path)).collect();
    (!roots.is_empty()).then_some(roots)
}

/// True when the modules that a root declares lead to a file.
fn reaches(project: &dyn Project, root: &RepoPath, importer: &str) -> bool {
    if root.as_str() == importer {
        return true;
    }
    let base = root.parent();
    let Some(inner) = importer.strip_prefix(base).map(|i| i.trim_start_matches('/')) else {
        return false;
    };
    let stem = inner.strip_suffix(".rs").unwrap_or(inner);
    let path: Vec<&str> = stem.strip_suffix("/mod").unwrap_or(stem).split('/').collect();
    matches!(follow(project, root, &path), Follows::File(file) if file.as_str() == importer)
}

/// Where a path leads.
enum Follows {
    /// To this file.
    File(RepoPath),
    Missing(Missing),
    /// To an item, or it cannot be told.
    Else,
}

/// The first segment that is not there.
struct Missing {
    at: usize,
    /// The module that lacks it: `crate::a`.
    module: String,
    known: Vec<String>,
}

/// What a path from the root of a crate lacks; `None` when it is there or cannot be told.
fn look_up(project: &dyn Project, root: &RepoPath, path: &[&str]) -> Option<Missing> {
    match follow(project, root, path) {
        Follows::Missing(missing) => Some(missing),
        Follows::File(_) | Follows::Else => None,
    }
}

fn follow(project: &dyn Project, root: &RepoPath, path: &[&str]) -> Follows {
    walk(project, root, path).unwrap_or(Follows::Else)
}

/// `None` where it cannot be told.
fn walk(project: &dyn Project, root: &RepoPath, path: &[&str]) -> Option<Follows> {
    let mut file = root.clone();
    let mut parsed = project.parsed(&file)?;
    // The modules written in braces that lead to the place within the file.
    let mut inline: Vec<String> = Vec::new();
    for (at, segment) in path.iter().enumerate() {
        let items = Items::of(&parsed, &inline)?;
        match items.place(segment) {
            Some(Place::Inline) => inline.push((*segment).to_owned()),
            Some(Place::File) => {
                let mut name = inline.join("/");
                name.push_str(if name.is_empty() { "" } else { "/" });
                name.push_str(segment);
                let found = places(file.as_str(), &name)
                    .into_iter()
                    .filter_map(|place| RepoPath::new(&place).ok())
                    .find(|place| project.has(place) && *place != file)?;
                parsed = project.parsed(&found)?;
                file = found;
                inline.clear();
            }
            // An item, or another module under this name: what is in it is not followed.
            Some(Place::Item | Place::Elsewhere) => return None,
            None if items.is_open(segment) => return None,
            None => {
                let module = std::iter::once("crate").chain(path[..at].iter().copied());
                let module = module.collect::<Vec<_>>().join("::");
                return Some(Follows::Missing(Missing { at, module, known: items.names() }));
            }
        }
    }
    inline.is_empty().then_some(Follows::File(file))
}

/// Macros that are exported stand at the root of the crate, wherever they are defined.
fn makes_macro(project: &dyn Project, name: &str) -> bool {
    let defines = |path: &RepoPath| {
        project.text(path).is_some_and(|text| text.contains(&format!("macro_rules! {name}")))
    };
    project.files_with(name).iter().any(defines)
}

/// The text of an attribute: `derive(Debug)`.
fn attribute<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    let inner = children(node).find(|n| n.kind() == "attribute");
    inner.map_or("", |inner| text_of(inner, text))
}

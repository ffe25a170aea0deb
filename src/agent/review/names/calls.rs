//! Calls of functions of the repository that do not fit them.

use std::collections::HashMap;

use super::imports::is_guarded;
use super::members::closed_class;
use super::modules::{self, Target};
use crate::agent::review::rules::WRONG_ARITY;
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, RepoPath, Span};
use crate::refactor::{BoundKind, Role, ScopeId};
use crate::syntax::node::{ancestor, ancestors, children, field, fields, named, span, text_of};
use crate::syntax::tree::Node;
use crate::syntax::{Param, ParamKind, Parsed};

/// A call and what is wrong with it.
pub(super) struct Problem {
    pub(super) span: Span,
    /// Where the function is, and its name: `f`, `C.__init__`.
    pub(super) path: String,
    pub(super) name: String,
    pub(super) arguments: Arguments,
    pub(super) draft: Draft,
}

/// The function that a call means.
#[derive(Clone)]
struct Callee {
    path: String,
    name: String,
    signature: Signature,
}

/// What a call hands over.
#[derive(Clone, Debug)]
pub(super) struct Arguments {
    positional: usize,
    keywords: Vec<String>,
    /// `*x` or `**x`: how many is not to be told.
    open: bool,
}

/// What a function takes, without its receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    params: Vec<Param>,
    /// Some can be given by position only.
    positional_only: bool,
}

/// The new calls that do not fit.
pub(in crate::agent::review) fn find(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    out.extend(problems(source, world, |n| source.wants(span(n))).into_iter().map(|p| p.draft));
}

/// The calls that do not fit, among those that `look` says.
pub(super) fn problems(
    source: &Source,
    world: World<'_>,
    look: impl Fn(Node<'_>) -> bool,
) -> Vec<Problem> {
    let mut out = Vec::new();
    if !source.is(Language::Python)
        || source.kind.fixture
        || source.kind.template
        || source.kind.foreign()
        || !source.is_clean()
    {
        return out;
    }
    // Most calls of a file are of few functions.
    let mut known: HashMap<&str, Option<Callee>> = HashMap::new();
    for node in source.all_nodes().filter(|n| n.kind() == "call" && look(*n)) {
        let Some(function) = field(node, "function") else { continue };
        let Some(arguments) = arguments(source, node).filter(|a| !a.open) else { continue };
        let found = match function.kind() {
            "identifier" => {
                let bound = || by_name(source, world, function);
                known.entry(source.text_of(function)).or_insert_with(bound).clone()
            }
            "attribute" => by_self(source, node, function),
            _ => None,
        };
        let Some(callee) = found else { continue };
        let Some(why) = misfit(&callee.signature, &arguments) else { continue };
        let own = function.kind() == "identifier" || closed_class(source, world, node).is_some();
        if !own || is_guarded(source, node) || is_expected_to_fail(source, node) {
            continue;
        }
        let Callee { path, name, .. } = callee;
        let message = format!("the call does not fit `{name}` of `{path}`: {why}");
        let draft = Draft::at(&WRONG_ARITY, source, node, message).confidence(0.93);
        out.push(Problem { span: span(node), path, name, arguments, draft });
    }
    out
}

/// `lambda: f()` handed to `assertRaises` and the like.
fn is_expected_to_fail(source: &Source, node: Node<'_>) -> bool {
    ancestors(node).any(|a| {
        let text = match a.kind() {
            "call" => field(a, "function").map_or("", |f| source.text_of(f)),
            "function_definition" => field(a, "name").map_or("", |f| source.text_of(f)),
            _ => "",
        };
        text.contains("aises") || text.contains("fail") || text.contains("invalid")
    })
}

fn arguments(source: &Source, call: Node<'_>) -> Option<Arguments> {
    let list = field(call, "arguments").filter(|a| a.kind() == "argument_list")?;
    let mut found = Arguments { positional: 0, keywords: Vec::new(), open: false };
    for argument in named(list) {
        match argument.kind() {
            "keyword_argument" => {
                found.keywords.push(source.text_of(field(argument, "name")?).to_owned())
            }
            "list_splat" | "dictionary_splat" | "parenthesized_list_splat" => found.open = true,
            _ => found.positional += 1,
        }
    }
    Some(found)
}

/// Why arguments do not fit; `None` when they do or it cannot be told.
pub(super) fn misfit(signature: &Signature, arguments: &Arguments) -> Option<String> {
    let has = |kind: ParamKind| signature.params.iter().any(|p| p.kind == kind);
    let plain: Vec<&Param> =
        signature.params.iter().filter(|p| p.kind == ParamKind::Plain).collect();
    if arguments.open {
        return None;
    }
    if arguments.positional > plain.len() && !has(ParamKind::Rest) {
        return Some(format!(
            "it takes {} by position, {} are given",
            count(plain.len()),
            arguments.positional
        ));
    }
    let named = |name: &str| {
        signature
            .params
            .iter()
            .any(|p| p.name == name && matches!(p.kind, ParamKind::Plain | ParamKind::Keyword))
    };
    let unknown = arguments.keywords.iter().find(|k| !named(k));
    if let Some(keyword) = unknown.filter(|_| !has(ParamKind::KeywordRest)) {
        return Some(format!("it has no parameter `{keyword}`"));
    }
    if !signature.positional_only
        && let Some(twice) =
            plain.iter().take(arguments.positional).find(|p| arguments.keywords.contains(&p.name))
    {
        return Some(format!("`{}` is given twice", twice.name));
    }
    let missing: Vec<String> = signature
        .params
        .iter()
        .enumerate()
        .filter(|(_, p)| !p.has_default && matches!(p.kind, ParamKind::Plain | ParamKind::Keyword))
        .filter(|(at, p)| {
            (p.kind == ParamKind::Keyword || *at >= arguments.positional)
                && !arguments.keywords.contains(&p.name)
        })
        .map(|(_, p)| format!("`{}`", p.name))
        .collect();
    (!missing.is_empty()).then(|| format!("{} is missing", missing.join(", ")))
}

fn count(n: usize) -> String {
    match n {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        _ => format!("{n} arguments"),
    }
}

/// The one function that a plain name means.
fn by_name(source: &Source, world: World<'_>, function: Node<'_>) -> Option<Callee> {
    let own = source.parsed.as_ref()?;
    let bindings = source.bindings()?;
    let id = bindings.at(span(function))?.bound?;
    let bound = bindings.get(id);
    if bound.scope != ScopeId(0) || bindings.of(id).filter(|o| o.role != Role::Read).count() != 1 {
        return None;
    }
    match bound.kind {
        BoundKind::Function | BoundKind::Class => {
            let declared = bound.declared;
            let definition =
                own.root().descendant_for_byte_range(declared.start, declared.end)?.parent()?;
            let (name, signature) = of_definition(own, definition)?;
            Some(Callee { path: source.path.clone(), name, signature })
        }
        BoundKind::Import => imported(source, world, source.text_of(function)),
        _ => None,
    }
}

/// The method of the class around the call that `self.name` means, should nothing override it.
fn by_self(source: &Source, call: Node<'_>, function: Node<'_>) -> Option<Callee> {
    let own = source.parsed.as_ref()?;
    let (object, attribute) = (field(function, "object")?, field(function, "attribute")?);
    if source.text_of(object) != "self" {
        return None;
    }
    let class = ancestor(call, &["class_definition"])?;
    let name = source.text_of(attribute);
    let (definition, only) = definition_in(own, field(class, "body")?, name)?;
    let everywhere = source.text.matches(&format!("def {name}(")).count();
    if !only || everywhere != 1 || source.text.contains(&format!(".{name} =")) {
        return None;
    }
    let (_, signature) = of_definition(own, definition)?;
    let class_name = field(class, "name").map(|n| source.text_of(n))?;
    let signature = without_self(signature)?;
    Some(Callee { path: source.path.clone(), name: format!("{class_name}.{name}"), signature })
}

pub(super) fn without_self(mut signature: Signature) -> Option<Signature> {
    let first =
        signature.params.first().filter(|p| p.kind == ParamKind::Plain && !p.has_default)?;
    if first.name != "self" {
        return None;
    }
    signature.params.remove(0);
    Some(signature)
}

/// What a name that is imported from a module of the repository means there.
fn imported(source: &Source, world: World<'_>, local: &str) -> Option<Callee> {
    let (module, original) = source.imported_names().get(local)?;
    let mut path = match modules::resolve(world.project, &source.path, module) {
        Target::File(path) => path,
        _ => return None,
    };
    let mut name = original.clone();
    // A package often passes on what its modules define.
    for _ in 0..4 {
        let parsed = world
            .project
            .parsed(&path)
            .filter(|p| p.is_clean() && p.language() == Language::Python)?;
        if let Some((definition, only)) = definition_in(&parsed, parsed.root(), &name) {
            // Any other mention as a target makes it uncertain.
            let other = parsed.text().contains(&format!("{name} ="))
                || parsed.text().contains(&format!("global {name}"));
            if !only || other {
                return None;
            }
            let (name, signature) = of_definition(&parsed, definition)?;
            return Some(Callee { path: path.as_str().to_owned(), name, signature });
        }
        (path, name) = passed_on(world, &path, &parsed, &name)?;
    }
    None
}

/// `from .core import name` in a package: where it goes on.
fn passed_on(
    world: World<'_>,
    path: &RepoPath,
    parsed: &Parsed,
    name: &str,
) -> Option<(RepoPath, String)> {
    let text = parsed.text();
    let mut statements =
        named(parsed.root()).into_iter().filter(|n| n.kind() == "import_from_statement");
    statements.find_map(|statement| {
        let item = fields(statement, "name")
            .into_iter()
            .find(|item| text_of(field(*item, "alias").unwrap_or(*item), text) == name)?;
        let module = text_of(field(statement, "module_name")?, text);
        let original = text_of(field(item, "name").unwrap_or(item), text).to_owned();
        match modules::resolve(world.project, path.as_str(), module) {
            Target::File(next) => Some((next, original)),
            _ => None,
        }
    })
}

/// The undecorated definition of a name right inside of a block, and whether it is the only one.
pub(super) fn definition_in<'t>(
    parsed: &'t Parsed,
    block: Node<'t>,
    name: &str,
) -> Option<(Node<'t>, bool)> {
    let text = parsed.text();
    let mut all = block.subtree().filter(|n| {
        matches!(n.kind(), "function_definition" | "class_definition")
            && field(*n, "name").is_some_and(|f| text_of(f, text) == name)
    });
    let first = all.next()?;
    let only = all.next().is_none() && first.parent() == Some(block);
    Some((first, only))
}

/// The name of a definition and what a call of it has to hand over; `None` when a decorator, a metaclass or
/// a base from elsewhere has a say in it.
pub(super) fn of_definition(parsed: &Parsed, definition: Node<'_>) -> Option<(String, Signature)> {
    let text = parsed.text();
    if definition.parent().is_some_and(|p| p.kind() == "decorated_definition") {
        return None;
    }
    let name = text_of(field(definition, "name")?, text).to_owned();
    if definition.kind() == "function_definition" {
        return Some((name, signature(parsed, definition)?));
    }
    let bases = field(definition, "superclasses").map(named).unwrap_or_default();
    let plain = bases.iter().all(|b| {
        matches!(
            text_of(*b, text),
            "object" | "Exception" | "ValueError" | "RuntimeError" | "TypeError"
        )
    });
    let body = field(definition, "body")?;
    let (init, only) = definition_in(parsed, body, "__init__")?;
    let made = children(body).any(|n| text_of(n, text).contains("__new__"))
        || text_of(definition, text).contains("__call__");
    if !plain || !only || made || init.parent().is_some_and(|p| p.kind() == "decorated_definition")
    {
        return None;
    }
    let signature = without_self(signature(parsed, init)?)?;
    Some((format!("{name}.__init__"), signature))
}

fn signature(parsed: &Parsed, function: Node<'_>) -> Option<Signature> {
    let text = parsed.text();
    let mut params = Vec::new();
    let mut kind = ParamKind::Plain;
    let mut positional_only = false;
    for node in named(field(function, "parameters")?) {
        let (name, has_default) = match node.kind() {
            "keyword_separator" => {
                kind = ParamKind::Keyword;
                continue;
            }
            "positional_separator" => {
                positional_only = true;
                continue;
            }
            "default_parameter" | "typed_default_parameter" => (field(node, "name")?, true),
            "typed_parameter" => (*named(node).first()?, false),
            _ => (node, false),
        };
        let own = match name.kind() {
            "list_splat_pattern" => ParamKind::Rest,
            "dictionary_splat_pattern" => ParamKind::KeywordRest,
            "identifier" => kind,
            // Patterns of Python 2, and what could not be read.
            _ => return None,
        };
        if own == ParamKind::Rest {
            kind = ParamKind::Keyword;
        }
        params.push(Param {
            name: text_of(name, text).trim_start_matches('*').to_owned(),
            has_default,
            kind: own,
        });
    }
    Some(Signature { params, positional_only })
}

//! Calls of functions of the repository that do not fit them.

use super::imports::is_guarded;
use super::members::closed_class;
use super::modules::{self, Target};
use crate::agent::review::rules::WRONG_ARITY;
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, RepoPath, Span};
use crate::refactor::{BoundKind, Role};
use crate::syntax::node::{ancestors, children, field, fields, named, span, text_of};
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
    for node in source.all_nodes().filter(|n| n.kind() == "call" && look(*n)) {
        let Some(arguments) = arguments(source, node).filter(|a| !a.open) else { continue };
        let Some((path, name, signature)) = callee(source, world, node) else { continue };
        let Some(why) = misfit(&signature, &arguments) else { continue };
        if is_guarded(source, node) || is_expected_to_fail(source, node) {
            continue;
        }
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

/// The one function that a call means, with its path and name.
fn callee(
    source: &Source,
    world: World<'_>,
    call: Node<'_>,
) -> Option<(String, String, Signature)> {
    let function = field(call, "function")?;
    let own = source.parsed.as_ref()?;
    match function.kind() {
        "identifier" => {
            let bindings = source.bindings()?;
            let id = bindings.at(span(function))?.bound?;
            let bound = bindings.get(id);
            if bindings.of(id).filter(|o| o.role != Role::Read).count() != 1 {
                return None;
            }
            match bound.kind {
                BoundKind::Function | BoundKind::Class => {
                    let declared = bound.declared;
                    let definition = own
                        .root()
                        .descendant_for_byte_range(declared.start, declared.end)?
                        .parent()?;
                    let (name, signature) = of_definition(own, definition)?;
                    Some((source.path.clone(), name, signature))
                }
                BoundKind::Import => imported(source, world, source.text_of(function)),
                _ => None,
            }
        }
        "attribute" => {
            let (object, attribute) = (field(function, "object")?, field(function, "attribute")?);
            if source.text_of(object) != "self" {
                return None;
            }
            let class = closed_class(source, world, call)?;
            // A method that a class of the file overrides is another one for its heirs.
            let name = source.text_of(attribute);
            let body = field(class, "body")?;
            let (definition, only) = definition_in(own, body, name)?;
            let everywhere = source.text.matches(&format!("def {name}(")).count();
            if !only || everywhere != 1 || source.text.contains(&format!(".{name} =")) {
                return None;
            }
            let (_, signature) = of_definition(own, definition)?;
            let class_name = field(class, "name").map(|n| source.text_of(n))?;
            Some((source.path.clone(), format!("{class_name}.{name}"), without_self(signature)?))
        }
        _ => None,
    }
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
fn imported(source: &Source, world: World<'_>, local: &str) -> Option<(String, String, Signature)> {
    let mut statements = source.all_nodes().filter(|n| n.kind() == "import_from_statement");
    let (module, original) = statements.find_map(|statement| {
        let item = fields(statement, "name")
            .into_iter()
            .find(|item| source.text_of(field(*item, "alias").unwrap_or(*item)) == local)?;
        Some((
            source.text_of(field(statement, "module_name")?),
            source.text_of(field(item, "name").unwrap_or(item)),
        ))
    })?;
    let mut path = match modules::resolve(world.project, &source.path, module) {
        Target::File(path) => path,
        _ => return None,
    };
    let mut name = original.to_owned();
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
            return Some((path.as_str().to_owned(), name, signature));
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
    let whole = span(function);
    let found = crate::syntax::functions(parsed).into_iter().find(|f| f.span == whole)?;
    let list = field(function, "parameters")?;
    let positional_only = children(list).any(|c| c.kind() == "positional_separator");
    // Patterns and what could not be read have no name to go by.
    let named = found
        .params
        .iter()
        .all(|p| !p.name.is_empty() && p.name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    named.then_some(Signature { params: found.params, positional_only })
}

//! Other parameters for a function, and other arguments at its calls.

use super::api;
use super::classes::{Classes, parameter_name, parameters};
use super::extract_variable::short;
use super::infer::{Def, arguments, class_of, decorators};
use super::order::{acts, is_constant};
use super::rename::target::{self, Target};
use super::rename::{self, CLEAR, is_dunder};
use super::uses::{Call, Group, Uses, only_ours};
use super::world::{Unit, World};
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, Namespace, Reason, Refusal, Setting, SignatureChange, Step};
use crate::syntax::node::{children, field, named, span};
use crate::syntax::tree::Node;

/// A parameter as it is written.
#[derive(Clone, Debug, PartialEq)]
struct Parameter {
    name: String,
    text: String,
    kind: Kind,
    optional: bool,
    /// What callers give for a new one.
    argument: Option<String>,
    is_new: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Before `/`.
    Positional,
    Plain,
    /// `*` or `*args`
    Star,
    Keyword,
    Rest,
    /// `/`
    Slash,
}

/// The step that makes the changes.
pub(super) fn plan(setting: &Setting<'_>, changes: &[SignatureChange]) -> Answer {
    let world = World::new(setting.project);
    let Some(unit) = world.unit(setting.path()) else {
        return Err(Refusal::new(Reason::NotHere, format!("{} cannot be read", setting.path())));
    };
    let def = function(&world, unit, setting.at.span)?;
    callable(def)?;
    api::is_kept(&world, def, setting.api)?;
    let classes = Classes::new(&world);
    let group = Group::new(&classes, def);
    let constructor = matches!(group.name, "__init__" | "__new__");
    if let Some(family) = group.family.as_ref().filter(|_| !constructor) {
        classes.inherited(family, group.name)?;
    }
    let mut step = Step::new(format!("Change the parameters of {}", group.name));
    let before = read(def);
    let after = changed(def, &before, changes)?;
    for function in &group.functions {
        let own = read(*function);
        let after =
            if *function == def { after.clone() } else { changed(*function, &own, changes)? };
        write_parameters(&mut step, *function, &own, &after);
    }
    let uses = group.uses(&world, &classes);
    let mild = is_mild(&before, &after);
    values(&group, &uses, mild)?;
    if !mild {
        rename::not_by_text(&world, group.name)?;
    }
    let unsure = uses.unknown.iter().filter(|_| only_ours(&group));
    for call in uses.calls.iter().chain(unsure).filter(|_| !mild && before != after) {
        arguments_of(&mut step, def, call, &before, &after)?;
    }
    Ok(step)
}

fn function<'w>(world: &'w World<'w>, unit: &'w Unit, at: Span) -> Result<Def<'w>, Refusal> {
    let none = |unit: &Unit| unit.refuse(Reason::NotHere, at.start, "there is no function here");
    let (unit, id) = match target::at(world, unit, at)? {
        Target::Local(unit, id) => (unit, id),
        Target::Parameter(unit, id) => {
            let name = unit.node(unit.names.get(id).declared);
            let function = name.and_then(super::infer::function_of).ok_or_else(|| none(unit))?;
            return Ok(Def { unit, node: function });
        }
        Target::Global(unit, name) => (unit, unit.global(&name).ok_or_else(|| none(unit))?),
        Target::Member(class, name) => {
            let id = world.own_member(class, &name).ok_or_else(|| none(class.unit))?;
            (class.unit, id)
        }
    };
    let node = unit.definition(unit.names.get(id)).ok_or_else(|| none(unit))?;
    if node.kind() == "function_definition" {
        return Ok(Def { unit, node });
    }
    let init = world.own_member(Def { unit, node }, "__init__");
    let init = init.and_then(|id| unit.definition(unit.names.get(id)));
    init.map(|node| Def { unit, node }).ok_or_else(|| none(unit))
}

/// # Errors
/// When the calls of a function are not calls with its parameters.
fn callable(def: Def<'_>) -> Result<(), Refusal> {
    let at = def.node.start_byte();
    let name = def.name();
    if is_dunder(name) && !matches!(name, "__init__" | "__new__") {
        let message = format!("`{name}` is called by Python itself, with the arguments it has");
        return Err(def.unit.refuse(Reason::Inherited, at, message));
    }
    if target::is_fed(def) {
        let message = format!("pytest calls `{name}` and gives its parameters by their names");
        return Err(def.unit.refuse(Reason::Dynamic, at, message));
    }
    for decorator in decorators(def.node) {
        let head = if decorator.kind() == "call" { field(decorator, "function") } else { None };
        let text = def.unit.of(head.unwrap_or(decorator));
        let last = text.rsplit('.').next().unwrap_or(text);
        if matches!(last, "property" | "cached_property" | "setter" | "getter" | "deleter") {
            let message = format!("`{name}` is a property: it is not called with arguments");
            return Err(def.unit.refuse(Reason::NotHere, decorator.start_byte(), message));
        }
        if !CLEAR.contains(&last) {
            let message = format!("the decorator `{text}` may call it in its own way");
            return Err(def.unit.refuse(Reason::Dynamic, decorator.start_byte(), message));
        }
    }
    Ok(())
}

/// True when a call of a method fills its first parameter.
fn has_receiver(def: Def<'_>) -> bool {
    class_of(def.node).is_some() && !def.has_decorator(&["staticmethod"])
}

/// The parameters without the receiver.
fn read(def: Def<'_>) -> Vec<Parameter> {
    let Some(list) = field(def.node, "parameters") else { return Vec::new() };
    let nodes = named(list);
    let slash = nodes.iter().position(|n| n.kind() == "positional_separator");
    let mut seen_star = false;
    let mut out = Vec::new();
    for (at, node) in nodes.iter().enumerate().skip(usize::from(has_receiver(def))) {
        let text = def.unit.of(*node).to_owned();
        let kind = match node.kind() {
            "positional_separator" => Kind::Slash,
            _ if text.starts_with("**") => Kind::Rest,
            _ if text.starts_with('*') => Kind::Star,
            _ if seen_star => Kind::Keyword,
            _ if slash.is_some_and(|slash| at < slash) => Kind::Positional,
            _ => Kind::Plain,
        };
        seen_star |= kind == Kind::Star;
        let name = parameter_name(*node).map_or("", |n| def.unit.of(n)).to_owned();
        let optional = field(*node, "value").is_some();
        out.push(Parameter { name, text, kind, optional, argument: None, is_new: false });
    }
    out
}

fn is_value(p: &Parameter) -> bool {
    matches!(p.kind, Kind::Positional | Kind::Plain | Kind::Keyword)
}

fn changed(
    def: Def<'_>,
    before: &[Parameter],
    changes: &[SignatureChange],
) -> Result<Vec<Parameter>, Refusal> {
    let mut list = before.to_vec();
    let at = def.node.start_byte();
    for change in changes {
        match change {
            SignatureChange::Add { declaration, argument, default, at: place } => {
                add(def, &mut list, declaration, argument.as_ref(), default.as_ref(), *place)?;
            }
            SignatureChange::Remove { name } => remove(def, &mut list, name)?,
            SignatureChange::Reorder(names) => reorder(def, &mut list, names)?,
        }
    }
    let mut optional = None;
    for p in list.iter().filter(|p| matches!(p.kind, Kind::Positional | Kind::Plain)) {
        match optional {
            Some(first) if !p.optional => {
                let message = format!(
                    "`{}` has no default and would come after `{first}`, which has one",
                    p.name
                );
                return Err(def.unit.refuse(Reason::Syntax, at, message));
            }
            _ if p.optional => optional = Some(p.name.clone()),
            _ => {}
        }
    }
    Ok(list)
}

fn add(
    def: Def<'_>,
    list: &mut Vec<Parameter>,
    declaration: &str,
    argument: Option<&String>,
    default: Option<&String>,
    place: usize,
) -> Result<(), Refusal> {
    let at = def.node.start_byte();
    let name = declaration.split([':', '=']).next().unwrap_or("").trim().to_owned();
    rename::check(&name)?;
    if let Some(scope) = def.unit.scope_of(def.node) {
        if def.unit.names.own(scope, &name, Namespace::Value).is_some() {
            let message = format!("`{name}` is already a name of `{}`", def.name());
            return Err(def.unit.refuse(Reason::NameTaken, at, message));
        }
        rename::captured(def.unit, scope, &name)?;
    }
    if argument.is_none() && default.is_none() && !declaration.contains('=') {
        let message =
            format!("what callers give for `{name}` is not said: give an argument or a default");
        return Err(def.unit.refuse(Reason::NotHere, at, message));
    }
    let text = match default {
        Some(value) if declaration.contains(':') => format!("{declaration} = {value}"),
        Some(value) => format!("{declaration}={value}"),
        None => declaration.to_owned(),
    };
    let counted: Vec<usize> =
        (0..list.len()).filter(|i| list[*i].kind != Kind::Slash && list[*i].text != "*").collect();
    let index = counted.get(place).copied().unwrap_or(list.len());
    // Nothing comes after `**rest`.
    let index =
        list.iter().position(|p| p.kind == Kind::Rest).map_or(index, |rest| index.min(rest));
    let before = list[..index].iter();
    let kind = if before.clone().any(|p| p.kind == Kind::Star) {
        Kind::Keyword
    } else if list[index..].iter().any(|p| p.kind == Kind::Slash) {
        Kind::Positional
    } else {
        Kind::Plain
    };
    let optional = text.contains('=');
    let argument = argument.cloned();
    list.insert(index, Parameter { name, text, kind, optional, argument, is_new: true });
    Ok(())
}

fn remove(def: Def<'_>, list: &mut Vec<Parameter>, name: &str) -> Result<(), Refusal> {
    let unit = def.unit;
    let Some(index) = list.iter().position(|p| p.name == name && is_value(p)) else {
        let message = format!("`{}` has no such parameter as `{name}`", def.name());
        return Err(unit.refuse(Reason::NotHere, def.node.start_byte(), message));
    };
    let node =
        parameters(def.node).into_iter().filter_map(parameter_name).find(|n| unit.of(*n) == name);
    let id = node.and_then(|n| unit.meaning(n));
    let used = id.and_then(|id| unit.names.of(id).nth(1));
    if let Some(used) = used {
        let message = format!("`{}` uses `{name}`", def.name());
        return Err(unit.refuse(Reason::NotEquivalent, used.span.start, message));
    }
    if let Some(at) = unit.scope_of(def.node).and_then(|s| unit.names.scope(s).dynamic) {
        let message = format!("this may use `{name}`");
        return Err(unit.refuse(Reason::Dynamic, at.start, message));
    }
    list.remove(index);
    // A bare `*` needs something after it.
    if let Some(star) = list.iter().position(|p| p.text == "*")
        && list.get(star + 1).is_none_or(|p| p.kind == Kind::Rest)
    {
        list.remove(star);
    }
    if list.first().is_some_and(|p| p.kind == Kind::Slash) && !has_receiver(def) {
        list.remove(0);
    }
    Ok(())
}

fn reorder(def: Def<'_>, list: &mut [Parameter], names: &[String]) -> Result<(), Refusal> {
    let refuse =
        |message: String| Err(def.unit.refuse(Reason::NotHere, def.node.start_byte(), message));
    let mut own: Vec<&str> = list.iter().filter(|p| is_value(p)).map(|p| p.name.as_str()).collect();
    let mut wanted: Vec<&str> = names
        .iter()
        .map(|n| n.trim_start_matches('*'))
        .filter(|n| {
            list.iter().any(|p| is_value(p) && p.name == *n) || !list.iter().any(|p| p.name == *n)
        })
        .collect();
    let order = wanted.clone();
    own.sort_unstable();
    wanted.sort_unstable();
    if own != wanted {
        return refuse(format!("the new order has to name all of: {}", own.join(", ")));
    }
    let slots: Vec<usize> = (0..list.len()).filter(|i| is_value(&list[*i])).collect();
    let moved: Vec<Parameter> = order
        .iter()
        .filter_map(|name| list.iter().find(|p| p.name == *name && is_value(p)).cloned())
        .collect();
    for (slot, parameter) in slots.into_iter().zip(moved) {
        if parameter.kind != list[slot].kind {
            return refuse(format!("`{}` would change sides of `*` or `/`", parameter.name));
        }
        list[slot] = parameter;
    }
    Ok(())
}

/// True when every call stays right as it is: only optional parameters are new, after all others.
fn is_mild(before: &[Parameter], after: &[Parameter]) -> bool {
    let mut rest = after.iter().filter(|p| !(p.is_new && p.optional && p.argument.is_none()));
    let same = before.iter().all(|b| rest.next() == Some(b)) && rest.next().is_none();
    let positional: Vec<&Parameter> =
        after.iter().take_while(|p| p.kind != Kind::Star).filter(|p| is_value(p)).collect();
    let last_old = positional.iter().rposition(|p| !p.is_new);
    let first_new = positional.iter().position(|p| p.is_new);
    let takes_rest = after.iter().any(|p| p.kind == Kind::Star && p.text != "*");
    same && first_new.is_none_or(|new| last_old.is_none_or(|old| old < new) && !takes_rest)
}

/// # Errors
/// When the function is handed on, or may be called where it cannot be told.
fn values(group: &Group<'_>, uses: &Uses<'_>, mild: bool) -> Result<(), Refusal> {
    if mild {
        return Ok(());
    }
    if let Some((unit, value)) = uses.values.first() {
        let message =
            format!("`{}` is used as a value here; who calls it cannot be told", group.name);
        return Err(unit.refuse(Reason::Dynamic, value.start_byte(), message));
    }
    let unknown = uses.unknown.first().filter(|_| !only_ours(group));
    if let Some(call) = unknown {
        let message = format!("whether this is `{}` cannot be told from the source", group.name);
        return Err(call.unit.refuse(Reason::Dynamic, call.node.start_byte(), message));
    }
    let blind = uses.unknown.iter().find(|c| c.node.kind() != "call");
    if let Some(call) = blind {
        let message = format!("this may hand `{}` on", group.name);
        return Err(call.unit.refuse(Reason::Dynamic, call.node.start_byte(), message));
    }
    Ok(())
}

/// Puts the new list of texts where the old one stood, with as little change as can be.
fn rewrite(step: &mut Step, unit: &Unit, nodes: &[Node<'_>], list: Span, new: &[String]) {
    let old: Vec<&str> = nodes.iter().map(|n| unit.of(*n)).collect();
    if old.len() == new.len() {
        for (node, text) in nodes.iter().zip(new).filter(|(n, t)| unit.of(**n) != t.as_str()) {
            step.replace(&unit.path, put(span(*node), text.clone()));
        }
        return;
    }
    let Some(first) = nodes.first() else {
        let at = list.start + 1;
        step.replace(&unit.path, put(Span::new(at, list.end - 1), new.join(", ")));
        return;
    };
    let gap = nodes.get(1).map_or(", ", |n| &unit.text()[first.end_byte()..n.start_byte()]);
    let gap = if gap.contains('#') { ", " } else { gap };
    if new.is_empty() {
        step.replace(&unit.path, put(Span::new(list.start + 1, list.end - 1), ""));
        return;
    }
    let head = old.iter().zip(new).take_while(|(a, b)| **a == b.as_str()).count();
    let most = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(a, b)| **a == b.as_str())
        .count();
    let (gone, come) = (&nodes[head..old.len() - tail], &new[head..new.len() - tail]);
    let text = come.join(gap);
    let edit = match (gone.first(), gone.last()) {
        (Some(a), Some(z)) if !come.is_empty() => {
            put(Span::new(a.start_byte(), z.end_byte()), text)
        }
        (Some(a), Some(_)) if tail > 0 => {
            put(Span::new(a.start_byte(), nodes[old.len() - tail].start_byte()), "")
        }
        (Some(_), Some(z)) => {
            let before = nodes[head - 1].end_byte();
            put(Span::new(before, z.end_byte()), "")
        }
        _ if head < nodes.len() => put(Span::at(nodes[head].start_byte()), format!("{text}{gap}")),
        _ => put(Span::at(nodes[head - 1].end_byte()), format!("{gap}{text}")),
    };
    step.replace(&unit.path, edit);
}

fn write_parameters(step: &mut Step, def: Def<'_>, before: &[Parameter], after: &[Parameter]) {
    if before == after {
        return;
    }
    let Some(list) = field(def.node, "parameters") else { return };
    let nodes = named(list);
    let mut new: Vec<String> = nodes
        .iter()
        .take(usize::from(has_receiver(def)))
        .map(|n| def.unit.of(*n).to_owned())
        .collect();
    new.extend(after.iter().map(|p| p.text.clone()));
    rewrite(step, def.unit, &nodes, span(list), &new);
}

/// One argument of a call, for a parameter.
struct Argument<'w> {
    name: String,
    node: Node<'w>,
    keyword: bool,
}

/// The arguments of a call by parameter, and keywords that go to `**rest`.
struct Given<'w> {
    list: Vec<Argument<'w>>,
    rest: Vec<String>,
}

fn arguments_of(
    step: &mut Step,
    def: Def<'_>,
    call: &Call<'_>,
    before: &[Parameter],
    after: &[Parameter],
) -> Result<(), Refusal> {
    let unit = call.unit;
    let Some(list) = field(call.node, "arguments").filter(|_| call.node.kind() == "call") else {
        let message = format!("`{}` is handed on here", def.name());
        return Err(unit.refuse(Reason::Dynamic, call.node.start_byte(), message));
    };
    if call.partial {
        let message = "`partial` fills only some of the parameters";
        return Err(unit.refuse(Reason::Dynamic, call.node.start_byte(), message));
    }
    if list.kind() != "argument_list" || children(list).any(|c| c.kind() == "comment") {
        let message = "the arguments cannot be taken apart";
        return Err(unit.refuse(Reason::Unsupported, list.start_byte(), message));
    }
    let all = arguments(call.node);
    let skipped = usize::from(call.explicit && has_receiver(def));
    let given = given(unit, &all[skipped.min(all.len())..], before)?;
    let gone = |argument: &&Argument<'_>| !after.iter().any(|p| p.name == argument.name);
    if let Some(argument) = given.list.iter().filter(gone).find(|a| acts(a.node)) {
        let text = short(unit.of(argument.node));
        let message = format!("`{text}` would not be computed any more");
        return Err(unit.refuse(Reason::Effects, argument.node.start_byte(), message));
    }
    let mut new: Vec<String> = all.iter().take(skipped).map(|n| unit.of(*n).to_owned()).collect();
    new.extend(placed(unit, call, &given, after)?);
    new.extend(given.rest);
    rewrite(step, unit, &all, span(list), &new);
    Ok(())
}

/// # Errors
/// When an argument cannot be told to be that of one parameter.
fn given<'w>(unit: &Unit, nodes: &[Node<'w>], before: &[Parameter]) -> Result<Given<'w>, Refusal> {
    let refuse = |node: &Node<'_>, reason, message: &str| {
        Err(unit.refuse(reason, node.start_byte(), message))
    };
    let mut given = Given { list: Vec::new(), rest: Vec::new() };
    let mut positional = before
        .iter()
        .take_while(|p| !matches!(p.kind, Kind::Star | Kind::Rest))
        .filter(|p| is_value(p));
    for node in nodes {
        match node.kind() {
            "list_splat" | "dictionary_splat" => {
                return refuse(node, Reason::Dynamic, "which parameters this fills cannot be told");
            }
            "keyword_argument" => {
                let name = field(*node, "name").map_or("", |n| unit.of(n)).to_owned();
                let fits =
                    |p: &Parameter| p.name == name && matches!(p.kind, Kind::Plain | Kind::Keyword);
                if before.iter().any(fits) {
                    given.list.push(Argument { name, node: *node, keyword: true });
                } else {
                    given.rest.push(unit.of(*node).to_owned());
                }
            }
            _ => match positional.next() {
                Some(p) => {
                    let name = p.name.clone();
                    given.list.push(Argument { name, node: *node, keyword: false });
                }
                None if before.iter().any(|p| p.kind == Kind::Star && p.text != "*") => {
                    return refuse(
                        node,
                        Reason::Dynamic,
                        "more arguments follow, which would move",
                    );
                }
                None => return refuse(node, Reason::NotHere, "the call has too many arguments"),
            },
        }
    }
    Ok(given)
}

/// The arguments in their new order: by position as far as all before them are, then by name.
fn placed(
    unit: &Unit,
    call: &Call<'_>,
    given: &Given<'_>,
    after: &[Parameter],
) -> Result<Vec<String>, Refusal> {
    let (mut new, mut keywords) = (Vec::new(), Vec::new());
    let mut order: Vec<Node<'_>> = Vec::new();
    let mut open = true;
    for p in after.iter().filter(|p| is_value(p)) {
        let found = given.list.iter().find(|a| a.name == p.name);
        let text = match (found, &p.argument) {
            (Some(argument), _) => unit.of(argument.node).to_owned(),
            (None, Some(argument)) if p.is_new => argument.clone(),
            _ => {
                open = false;
                continue;
            }
        };
        order.extend(found.map(|a| a.node));
        if found.is_some_and(|a| a.keyword) {
            keywords.push(text);
            open = false;
        } else if open && p.kind != Kind::Keyword {
            new.push(text);
        } else if p.kind == Kind::Positional {
            let message = format!("`{}` cannot be given by its name", p.name);
            return Err(unit.refuse(Reason::NotHere, call.node.start_byte(), message));
        } else {
            keywords.push(format!("{}={text}", p.name));
        }
    }
    let moved = order.windows(2).any(|w| w[0].start_byte() > w[1].start_byte());
    let busy = order.iter().filter(|n| !is_constant(**n) && n.kind() != "identifier").count();
    let active = order.iter().find(|n| acts(**n));
    if let Some(active) = active.filter(|_| moved && busy > 1) {
        let message = format!("`{}` would be computed in another order", short(unit.of(*active)));
        return Err(unit.refuse(Reason::Effects, active.start_byte(), message));
    }
    // Arguments by name stay in the order in which they are.
    let by_name =
        |text: &String| given.list.iter().position(|a| a.keyword && unit.of(a.node) == text);
    keywords.sort_by_key(|text| by_name(text).unwrap_or(usize::MAX));
    new.extend(keywords);
    Ok(new)
}

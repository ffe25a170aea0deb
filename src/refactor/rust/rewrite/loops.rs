//! `let mut v = Vec::new(); for x in xs { v.push(e); }` as an iterator that is collected.

use super::{Source, across, expression_of, has_comment, leaves, statements};
use crate::base::Span;
use crate::refactor::rust::context::{as_operand, is_looking, needs_parentheses, writes};
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundId, Reason, Setting, Step};
use crate::syntax::node::{children, descendants, field, named, span, text_of};
use crate::syntax::tree::Node;

/// The two statements, taken apart.
struct Fill<'t> {
    declaration: Node<'t>,
    looped: Node<'t>,
    list: BoundId,
    ty: String,
    pattern: Node<'t>,
    value: Node<'t>,
    condition: Option<Node<'t>>,
    before: Vec<Node<'t>>,
    item: Node<'t>,
}

pub(super) fn offers(source: Source<'_>) -> Vec<Span> {
    let lets =
        descendants(source.parsed.root()).into_iter().filter(|n| n.kind() == "let_declaration");
    lets.filter_map(|n| fill(source, n))
        .filter(|f| reason(source, f).is_none())
        .map(|f| across(f.declaration, f.looped))
        .collect()
}

pub(super) fn plan(setting: &Setting<'_>, source: Source<'_>) -> Answer {
    let not_here = || {
        let message =
            "put the caret on a list that the loop after it fills: `let mut v = Vec::new(); for …`";
        source.refuse(setting, Reason::NotHere, message, setting.at.span)
    };
    let around = source.around(setting.at.span);
    let direct = around.iter().find_map(|n| fill(source, *n));
    let inside = || {
        let all = descendants(source.parsed.root()).into_iter();
        all.filter(|n| setting.at.span.contains(span(*n))).find_map(|n| fill(source, n))
    };
    let before = || around.iter().find_map(|n| fill(source, n.prev_named_sibling()?));
    let fill = direct.or_else(inside).or_else(before).ok_or_else(not_here)?;
    if let Some((reason, message, at)) = reason(source, &fill) {
        return Err(source.refuse(setting, reason, message, at));
    }
    let mut step = Step::new("Collect an iterator instead of filling a list");
    step.replace(
        setting.path(),
        put(across(fill.declaration, fill.looped), written(source, &fill)),
    );
    Ok(step)
}

fn fill<'t>(source: Source<'t>, declaration: Node<'t>) -> Option<Fill<'t>> {
    if declaration.kind() != "let_declaration" {
        return None;
    }
    let pattern = field(declaration, "pattern").filter(|p| p.kind() == "identifier")?;
    children(declaration).find(|c| c.kind() == "mutable_specifier")?;
    let list = source.names.bindings.at(span(pattern))?.bound?;
    let made = source.str(field(declaration, "value")?);
    let ty = match (field(declaration, "type"), made) {
        (Some(ty), "Vec::new()" | "vec![]") => source.str(ty).to_owned(),
        (None, "Vec::new()" | "vec![]") => "Vec<_>".to_owned(),
        (None, made) => {
            let inner = made.strip_prefix("Vec::<")?.strip_suffix(">::new()")?;
            format!("Vec<{inner}>")
        }
        _ => return None,
    };
    let statement = declaration.next_named_sibling()?;
    let looped = expression_of(statement);
    if looped.kind() != "for_expression" || named(looped).iter().any(|c| c.kind() == "label") {
        return None;
    }
    let (variable, value, body) =
        (field(looped, "pattern")?, field(looped, "value")?, field(looped, "body")?);
    let (before, last) = split_last(statements(body))?;
    let (condition, before, push) = match expression_of(last) {
        inner if inner.kind() == "if_expression" && before.is_empty() => {
            let block =
                field(inner, "consequence").filter(|_| field(inner, "alternative").is_none())?;
            let (before, push) = split_last(statements(block))?;
            (Some(field(inner, "condition")?), before, expression_of(push))
        }
        inner => (None, before, inner),
    };
    let function = field(push, "function")
        .filter(|f| push.kind() == "call_expression" && f.kind() == "field_expression")?;
    let receiver = field(function, "value")?;
    let pushed = source.str(field(function, "field")?) == "push"
        && source.names.bindings.at(span(receiver)).and_then(|o| o.bound) == Some(list);
    let given = named(field(push, "arguments")?);
    let [item] = given.as_slice() else { return None };
    pushed.then_some(Fill {
        declaration,
        looped: statement,
        list,
        ty,
        pattern: variable,
        value,
        condition,
        before,
        item: *item,
    })
}

fn split_last<T>(mut list: Vec<T>) -> Option<(Vec<T>, T)> {
    let last = list.pop()?;
    Some((list, last))
}

/// Why it is not the same.
fn reason<'t>(source: Source<'t>, fill: &Fill<'t>) -> Option<(Reason, &'static str, Span)> {
    let text = source.text();
    let at = |node: Node<'_>| span(node);
    let parts: Vec<Node<'t>> =
        fill.condition.into_iter().chain(fill.before.iter().copied()).chain([fill.item]).collect();
    if let Some(out) = parts.iter().find(|p| leaves(**p, text)) {
        return Some((
            Reason::ControlFlow,
            "the loop is left from within: `?`, `return`, `break` or `.await`",
            at(*out),
        ));
    }
    if has_comment(fill.looped) {
        return Some((
            Reason::NotEquivalent,
            "the loop has comments, which would be lost",
            at(fill.looped),
        ));
    }
    let used =
        source.names.bindings.of(fill.list).filter(|o| span(fill.looped).contains(o.span)).count();
    if used != 1 || source.names.tokens.iter().any(|t| span(fill.looped).contains(t.span)) {
        return Some((
            Reason::NotEquivalent,
            "the list is used in the loop for more than `push`",
            at(fill.looped),
        ));
    }
    if let Some(changed) = parts
        .iter()
        .flat_map(|p| source.names.bindings.within(at(*p)))
        .find(|o| writes(o) && o.role != crate::refactor::Role::Bind)
    {
        return Some((Reason::Effects, "a variable is changed in the loop", changed.span));
    }
    if fill.condition.is_some_and(|c| c.subtree().any(|n| n.kind() == "let_condition")) {
        return Some((Reason::Unsupported, "`if let` in the loop", at(fill.item)));
    }
    let item = source.str(fill.item);
    let coerced = fill.ty.contains("dyn ")
        || item.contains("Box::new")
        || item.contains("Rc::new")
        || item.contains("Arc::new")
        || fill.ty.contains('&') && item.starts_with('&');
    if coerced {
        return Some((
            Reason::NotEquivalent,
            "what is pushed may take another type on the way",
            at(fill.item),
        ));
    }
    let unsafe_block = parts.iter().any(|p| p.subtree().any(|n| n.kind() == "unsafe_block"));
    unsafe_block
        .then(|| (Reason::Unsupported, "there is an `unsafe` block in the loop", at(fill.item)))
}

fn written(source: Source<'_>, fill: &Fill<'_>) -> String {
    let text = source.text();
    let name = &source.names.bindings.get(fill.list).name;
    let mutable = if stays_mutable(source, fill) { "mut " } else { "" };
    let items = iterated(source, fill.value);
    let pattern = source.str(fill.pattern);
    let item = source.str(fill.item);
    let body = closure_body(source, fill);
    let steps = match fill.condition {
        None if item == pattern && fill.before.is_empty() => String::new(),
        None => format!(".map(|{pattern}| {body})"),
        Some(condition) if only_receiver(source, fill, condition) => {
            let map = if item == pattern && fill.before.is_empty() {
                String::new()
            } else {
                format!(".map(|{pattern}| {body})")
            };
            format!(".filter(|{pattern}| {}){map}", text_of(condition, text))
        }
        Some(condition) => {
            let condition =
                if needs_parentheses(condition) || condition.kind() == "macro_invocation" {
                    format!("({})", text_of(condition, text))
                } else {
                    text_of(condition, text).to_owned()
                };
            format!(".filter_map(|{pattern}| {condition}.then(|| {body}))")
        }
    };
    format!("let {mutable}{name}: {} = {items}{steps}.collect();", fill.ty)
}

fn closure_body(source: Source<'_>, fill: &Fill<'_>) -> String {
    let item = source.str(fill.item);
    if fill.before.is_empty() {
        return item.to_owned();
    }
    let parts: Vec<&str> = fill.before.iter().map(|n| source.str(*n)).collect();
    format!("{{ {} {item} }}", parts.join(" "))
}

/// `xs.into_iter()`, or what `for` takes when it is an iterator anyway.
fn iterated(source: Source<'_>, value: Node<'_>) -> String {
    let text = source.text();
    let is_range = value.kind() == "range_expression";
    let method = field(value, "function").and_then(|f| field(f, "field")).map(|m| text_of(m, text));
    let iterates = method.is_some_and(|m| {
        m.starts_with("iter")
            || m.starts_with("into_iter")
            || m.ends_with("_iter")
            || matches!(
                m,
                "chars"
                    | "bytes"
                    | "lines"
                    | "enumerate"
                    | "zip"
                    | "rev"
                    | "skip"
                    | "take"
                    | "filter"
                    | "map"
                    | "keys"
                    | "values"
                    | "split"
                    | "split_whitespace"
                    | "windows"
                    | "chunks"
                    | "drain"
                    | "char_indices"
                    | "chain"
                    | "cloned"
                    | "copied"
                    | "filter_map"
                    | "flat_map"
                    | "step_by"
                    | "into_keys"
                    | "into_values"
            )
    });
    if is_range {
        return format!("({})", text_of(value, text));
    }
    if iterates {
        return text_of(value, text).to_owned();
    }
    let inner = field(value, "value").filter(|_| {
        value.kind() == "reference_expression"
            && !children(value).any(|c| c.kind() == "mutable_specifier")
    });
    if let Some(inner) = inner {
        let ty = source.typing().of(inner, 0).unwrap_or_default();
        let (_, bare) = crate::refactor::rust::typing::peel(&ty);
        if bare.starts_with("Vec<")
            || bare.starts_with('[')
            || bare.starts_with("HashMap<")
            || bare.starts_with("HashSet<")
        {
            return format!("{}.iter()", as_operand(inner, text));
        }
    }
    format!("{}.into_iter()", as_operand(value, text))
}

/// True when the item is only looked at through methods and fields, which a reference to it allows as well.
fn only_receiver(source: Source<'_>, fill: &Fill<'_>, condition: Node<'_>) -> bool {
    if fill.pattern.kind() != "identifier" {
        return false;
    }
    let id = source.names.bindings.at(span(fill.pattern)).and_then(|o| o.bound);
    source.names.bindings.within(span(condition)).filter(|o| o.bound == id).all(|o| {
        let node = source.parsed.root().descendant_for_byte_range(o.span.start, o.span.end);
        let parent = node.and_then(|n| n.parent()).filter(|p| p.kind() == "field_expression");
        // A field as a value would be moved, or compared as a value: both are fine through a reference only when called on.
        parent.and_then(|p| p.parent()).is_some_and(|c| {
            c.kind() == "call_expression"
                && field(c, "function") == parent
                && parent.and_then(|p| field(p, "field")).is_some_and(|m| is_looking(source.str(m)))
        })
    })
}

fn stays_mutable(source: Source<'_>, fill: &Fill<'_>) -> bool {
    let end = span(fill.looped).end;
    source.names.bindings.of(fill.list).filter(|o| o.span.start >= end).any(|o| {
        if writes(o) {
            return true;
        }
        let node = source.parsed.root().descendant_for_byte_range(o.span.start, o.span.end);
        let parent = node.and_then(|n| n.parent());
        let Some(parent) = parent.filter(|p| p.kind() == "field_expression") else { return false };
        let called = parent.parent().is_some_and(|c| c.kind() == "call_expression");
        called
            && field(parent, "field").is_some_and(|m| {
                let name = source.str(m);
                !is_looking(name)
                    && !name.starts_with("into_")
                    && !matches!(name, "join" | "concat" | "to_vec")
            })
    })
}

//! `if x == 1 {} else if x == 2 {} else {}` as a `match`.

use super::{Source, has_comment};
use crate::base::Span;
use crate::refactor::rust::context::{indent_at, is_pure};
use crate::refactor::rust::extract_function::fixed_lines;
use crate::refactor::rust::names::DefinedKind;
use crate::refactor::rust::typing::peel;
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Setting, Step};
use crate::syntax::node::{descendants, field, named, span};
use crate::syntax::tree::Node;

/// The comparisons and blocks of a chain.
struct Chain<'t> {
    whole: Node<'t>,
    place: Node<'t>,
    arms: Vec<(Vec<Node<'t>>, Node<'t>)>,
    other: Option<Node<'t>>,
}

pub(super) fn offers(source: Source<'_>) -> Vec<Span> {
    let all = descendants(source.parsed.root()).into_iter().filter(|n| n.kind() == "if_expression");
    let chains = all.filter_map(|n| chain(source, n)).filter(|c| scrutinee(source, c).is_ok());
    chains.map(|c| span(c.whole)).collect()
}

pub(super) fn plan(setting: &Setting<'_>, source: Source<'_>) -> Answer {
    let around = source.around(setting.at.span);
    let Some(chain) = around.iter().rev().find_map(|n| {
        chain(source, *n).filter(|c| {
            setting.at.span.is_empty()
                || span(c.whole).start >= setting.at.span.start
                || span(c.whole).contains(setting.at.span)
        })
    }) else {
        let message = "put the caret on a chain of `if x == … else if x == …` over one value";
        return Err(source.refuse(setting, Reason::NotHere, message, setting.at.span));
    };
    let on = scrutinee(source, &chain)
        .map_err(|(reason, message)| source.refuse(setting, reason, message, span(chain.whole)))?;
    let mut step = Step::new("Match instead of a chain of conditions");
    step.replace(setting.path(), put(span(chain.whole), written(source, &chain, &on)));
    Ok(step)
}

fn chain<'t>(source: Source<'t>, whole: Node<'t>) -> Option<Chain<'t>> {
    if whole.kind() != "if_expression" || whole.parent().is_some_and(|p| p.kind() == "else_clause")
    {
        return None;
    }
    let mut arms = Vec::new();
    let mut place: Option<Node<'t>> = None;
    let mut other = None;
    let mut at = Some(whole);
    while let Some(condition) = at {
        let mut patterns = Vec::new();
        collect(source, field(condition, "condition")?, &mut place, &mut patterns)?;
        arms.push((patterns, field(condition, "consequence")?));
        at = None;
        if let Some(clause) = field(condition, "alternative") {
            match named(clause).as_slice() {
                [next] if next.kind() == "if_expression" => at = Some(*next),
                [block] if block.kind() == "block" => other = Some(*block),
                _ => return None,
            }
        }
    }
    (arms.len() > 1).then_some(Chain { whole, place: place?, arms, other })
}

/// The values that a condition compares the place with: `x == 1 || x == 2`.
fn collect<'t>(
    source: Source<'t>,
    condition: Node<'t>,
    place: &mut Option<Node<'t>>,
    out: &mut Vec<Node<'t>>,
) -> Option<()> {
    if condition.kind() == "parenthesized_expression" {
        return collect(source, named(condition).into_iter().next()?, place, out);
    }
    let (left, right) = (field(condition, "left")?, field(condition, "right")?);
    match source.str(field(condition, "operator")?) {
        "||" => {
            collect(source, left, place, out)?;
            collect(source, right, place, out)
        }
        "==" => {
            if !is_value(right) || !is_pure(left, source.text()) {
                return None;
            }
            match place {
                Some(known) if source.str(*known) != source.str(left) => return None,
                _ => *place = Some(place.unwrap_or(left)),
            }
            out.push(right);
            Some(())
        }
        _ => None,
    }
}

fn is_value(node: Node<'_>) -> bool {
    match node.kind() {
        "integer_literal" | "char_literal" | "string_literal" | "boolean_literal"
        | "scoped_identifier" => true,
        "unary_expression" => named(node).first().is_some_and(|n| n.kind() == "integer_literal"),
        _ => false,
    }
}

/// What is matched on.
fn scrutinee(source: Source<'_>, chain: &Chain<'_>) -> Result<String, (Reason, &'static str)> {
    let place = source.str(chain.place);
    let ty = source.typing().of(chain.place, 0);
    let comments = has_comment_between(chain);
    if comments {
        return Err((
            Reason::NotEquivalent,
            "there are comments between the conditions, which would be lost",
        ));
    }
    let kinds: Vec<&str> = chain.arms.iter().flat_map(|(p, _)| p).map(|n| n.kind()).collect();
    if kinds.iter().all(|k| *k == "scoped_identifier") {
        return variants(source, chain).then(|| place.to_owned()).ok_or((
            Reason::NotEquivalent,
            "it compares with `==`, which only for variants of an enum with a derived `PartialEq` is what `match` does",
        ));
    }
    let Some(ty) = ty else {
        return Err((
            Reason::NotEquivalent,
            "the type of the value is not written; `match` may not fit it",
        ));
    };
    let (by_ref, bare) = peel(&ty);
    let strings = kinds.iter().all(|k| *k == "string_literal");
    match (bare, by_ref) {
        ("str", "&") if strings => Ok(place.to_owned()),
        ("String", _) if strings => Ok(format!("{place}.as_str()")),
        ("char", "") if kinds.iter().all(|k| *k == "char_literal") => Ok(place.to_owned()),
        ("bool", "") if kinds.iter().all(|k| *k == "boolean_literal") => Ok(place.to_owned()),
        (number, "")
            if number.len() <= 5
                && number.starts_with(['u', 'i'])
                && kinds.iter().all(|k| {
                    matches!(*k, "integer_literal" | "unary_expression" | "char_literal")
                }) =>
        {
            Ok(place.to_owned())
        }
        _ => Err((
            Reason::NotEquivalent,
            "the values compared with are no patterns of the value's type",
        )),
    }
}

fn has_comment_between(chain: &Chain<'_>) -> bool {
    let blocks: Vec<Span> =
        chain.arms.iter().map(|(_, b)| span(*b)).chain(chain.other.map(span)).collect();
    chain
        .whole
        .subtree()
        .any(|n| n.kind().ends_with("_comment") && !blocks.iter().any(|b| b.contains(span(n))))
        || has_comment(chain.place)
}

/// True when every value is a variant without fields of one enum of the file whose equality is derived.
fn variants(source: Source<'_>, chain: &Chain<'_>) -> bool {
    let mut class = None;
    for value in chain.arms.iter().flat_map(|(p, _)| p) {
        let (Some(path), Some(name)) = (field(*value, "path"), field(*value, "name")) else {
            return false;
        };
        let (path, name) = (source.str(path), source.str(name));
        let found = source.names.defined.iter().find(|d| {
            d.kind == DefinedKind::Variant && d.name.of(source.text()) == Some(name)
                && matches!(&source.names.classes[d.class].kind,
                    crate::refactor::rust::names::ClassKind::Enum(e) if e.of(source.text()) == Some(path))
        });
        let Some(found) = found else { return false };
        if class.is_some_and(|c| c != found.class)
            || found.whole.of(source.text()).is_some_and(|w| w.contains(['(', '{']))
        {
            return false;
        }
        class = Some(found.class);
    }
    class.is_some_and(|c| {
        let attributes = &source.names.classes[c].attributes;
        attributes
            .iter()
            .filter_map(|a| a.of(source.text()))
            .any(|a| a.contains("derive(") && a.contains("PartialEq"))
    })
}

fn written(source: Source<'_>, chain: &Chain<'_>, on: &str) -> String {
    let indent = indent_at(source.text(), chain.whole.start_byte());
    let mut out = format!("match {on} {{\n");
    for (patterns, block) in &chain.arms {
        let patterns: Vec<&str> = patterns.iter().map(|p| source.str(*p)).collect();
        out.push_str(&format!(
            "{indent}    {} => {}\n",
            patterns.join(" | "),
            deeper(source.str(*block))
        ));
    }
    let other = chain.other.map_or_else(|| "{}".to_owned(), |b| deeper(source.str(b)));
    out.push_str(&format!("{indent}    _ => {other}\n{indent}}}"));
    out
}

/// A block one level further in.
fn deeper(block: &str) -> String {
    let fixed = fixed_lines(block);
    let mut out = String::new();
    for (n, line) in block.lines().enumerate() {
        if n > 0 {
            out.push('\n');
            if !fixed.contains(&n) && !line.is_empty() {
                out.push_str("    ");
            }
        }
        out.push_str(line);
    }
    out
}

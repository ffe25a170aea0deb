//! One edit made wherever the same thing is said: people who mend a wrong expression that stands in
//! several places of a function mend all of them.

use crate::syntax::tree::Node;

use super::node::{ancestors, span};
use super::parse::Parsed;
use crate::base::{Replacement, Span};

/// More places than that are no slip that was copied.
const MAX_PLACES: usize = 8;
/// Shorter texts recur by chance, unless they are names in the same role.
const MIN_LENGTH: usize = 6;

/// `edit`, made at every place within `function` where the same expression stands; `None` when it
/// stands once.
///
/// For a name the same expression is the same name in the same role: all functions called so, all
/// left sides. Otherwise it is the smallest expression around the edit that says enough.
pub fn everywhere(parsed: &Parsed, function: Span, edit: &Replacement) -> Option<Vec<Replacement>> {
    let text = parsed.text();
    // What is put in between says nothing of the expression that it stands beside.
    if edit.span.is_empty() {
        return None;
    }
    let body = parsed.root().descendant_for_byte_range(function.start, function.end)?;
    let node = parsed.root().descendant_for_byte_range(edit.span.start, edit.span.end)?;
    let whole = [node].into_iter().chain(ancestors(node));
    let unit = whole
        .take_while(|n| function.contains(span(*n)))
        .filter(|n| n.is_named() && span(*n).contains(edit.span))
        .find(|n| is_name(*n) && span(*n) == edit.span || span(*n).len() >= MIN_LENGTH)?;
    let said = text.get(unit.byte_range())?;
    if said.contains('\n') {
        return None;
    }
    let role = |n: Node<'_>| (n.kind(), n.parent().map(Node::kind), n.field());
    let same = |n: &Node<'_>| {
        text.get(n.byte_range()) == Some(said)
            && if is_name(unit) { role(*n) == role(unit) } else { n.kind() == unit.kind() }
    };
    let mut places: Vec<Span> = Vec::new();
    for found in body.subtree().filter(same).map(span) {
        if function.contains(found) && places.last().is_none_or(|last| last.end <= found.start) {
            places.push(found);
        }
    }
    if !(2..=MAX_PLACES).contains(&places.len()) || !places.contains(&span(unit)) {
        return None;
    }
    let offset = edit.span.start - unit.start_byte();
    let edit_at = |place: &Span| {
        let start = place.start + offset;
        Replacement::new(start, start + edit.span.len(), edit.text.clone())
    };
    Some(places.iter().map(edit_at).collect())
}

fn is_name(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier" | "property_identifier" | "field_identifier" | "type_identifier"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Language, splice};
    use crate::syntax::{functions, parse};

    /// The text after `old` becomes `new` at its first place, everywhere; `None` where that is one.
    fn changed(text: &str, old: &str, new: &str) -> Option<String> {
        let parsed = parse(Language::Python, text);
        let start = text.find(old).unwrap();
        let edit = Replacement::new(start, start + old.len(), new);
        let function = functions(&parsed)[0].span;
        let all = everywhere(&parsed, function, &edit)?;
        Some(splice(text, &all).unwrap())
    }

    #[test]
    fn the_same_expression_changes_at_all_places() {
        let text =
            "def f(s, i):\n    if i:\n        g(s[2:i + 2])\n    else:\n        h(s[2:i + 2], 2)\n";
        let wanted = text.replace("s[2:", "s[1:");
        assert_eq!(changed(text, "2:i", "1:i").as_deref(), Some(wanted.as_str()));
        assert_eq!(changed(text, "2", "1").as_deref(), Some(wanted.as_str()));
    }

    #[test]
    fn a_name_changes_in_its_role() {
        let text = "def f(a):\n    dict(x=1)\n    y = dict\n    return dict(a=dict)\n";
        let wanted = "def f(a):\n    Box(x=1)\n    y = dict\n    return Box(a=dict)\n";
        assert_eq!(changed(text, "dict", "Box").as_deref(), Some(wanted));
    }

    #[test]
    fn what_stands_once_or_is_too_short_stays_single() {
        let text = "def f(a):\n    return a + 1\n\ndef g(a):\n    return a + 1\n";
        assert_eq!(changed(text, "1", "2"), None);
        let text = "def f(a):\n    b = 1\n    return a[1]\n";
        assert_eq!(changed(text, "1", "2"), None);
        let parsed = parse(Language::Python, "def f(a):\n    g(a, 1)\n    g(a, 1)\n");
        let edit = Replacement::new(14, 14, "return ");
        assert_eq!(everywhere(&parsed, functions(&parsed)[0].span, &edit), None);
    }
}

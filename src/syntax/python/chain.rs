//! Chains of attributes: a link too many, a link too few, another value than the one meant.

use super::name;
use super::said::{chains, nearest, values};
use super::tree::{self, Role};
use crate::base::Language;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{field, swap};
use crate::syntax::said::What;
use crate::syntax::scope::{NameKind, is_builtin};
use crate::syntax::similar::similar_names;
use crate::syntax::sink::{Sink, brief};
use crate::syntax::tree::Node;

/// Links that a value may get.
const LINKS: usize = 4;
/// Values said nearby that may take the place of another.
const VALUES: usize = 4;
/// Values that may take the place of a literal.
const FOR_LITERALS: usize = 2;

/// `a.b` becomes `a`, or `b`; `a.b.c` becomes `a.c`.
pub(super) fn shorter(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(object), Some(attribute)) = (field(node, "object"), field(node, "attribute")) else {
        return;
    };
    let (whole, last) = (sink.text(object), sink.text(attribute));
    if whole != "self" && !tree::is_target(node) {
        sink.swap(Operator::LinkDrop, 2.2, node, whole);
    }
    let is_plain = matches!(object.kind(), "identifier" | "attribute");
    if is_plain && (tree::is_called(node) || is_known(last, node, sink)) {
        sink.swap(Operator::LinkDrop, 2.05, node, last);
    }
    if let Some(first) = field(object, "object").filter(|_| object.kind() == "attribute") {
        let title = format!("`{}` becomes `{}`", brief(whole), brief(sink.text(first)));
        let edit = vec![swap(object, sink.text(first))];
        sink.edit(Operator::LinkDrop, 2.4, node, title, edit);
    }
}

/// `a[k]` becomes `a`.
pub(super) fn without_index(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(object) = field(node, "value") else { return };
    if !tree::is_target(node) {
        let text = sink.text(object);
        sink.swap(Operator::LinkDrop, 2.3, node, text);
    }
}

fn is_known(name: &str, node: Node<'_>, sink: &Sink<'_>) -> bool {
    is_builtin(Language::Python, name) || sink.names(node).iter().any(|known| known.name == name)
}

/// `a` becomes `a.b` or `a[k]` where the file says so; `b` becomes `a.b`; `a.c` becomes `a.b.c`.
pub(super) fn longer(node: Node<'_>, sink: &mut Sink<'_>) {
    let is_name = node.kind() == "identifier";
    if is_name && !node.parent().is_some_and(|parent| name::is_use(node, parent)) {
        return;
    }
    let (own, is_called) = (sink.text(node), tree::is_called(node));
    let chains = chains(sink);
    if own != "self" {
        let links = nearest(chains.on(own), node, LINKS, |chain| {
            (chain.is_called == is_called).then(|| sink.text_at(chain.member))
        });
        for link in links {
            let is_index = link.starts_with('[');
            if is_index && (tree::is_target(node) || tree::in_string(node)) {
                continue;
            }
            let (dot, cost) = if is_index { ("", 2.25) } else { (".", 2.1) };
            sink.swap(Operator::LinkAdd, cost, node, format!("{own}{dot}{link}"));
        }
    }
    if is_name {
        owners(node, own, sink);
    } else if node.kind() == "attribute" {
        inner(node, sink);
    }
}

/// `b` becomes `a.b`: where the file says so, and what no name is may be in any module.
fn owners(node: Node<'_>, own: &str, sink: &mut Sink<'_>) {
    let is_known = is_known(own, node, sink);
    let found = nearest(chains(sink).with(own), node, LINKS, |chain| {
        Some(sink.text_at(chain.object)).filter(|object| object.len() <= 32)
    });
    for object in found {
        let cost = if is_known { 2.15 } else { 1.0 };
        sink.swap(Operator::LinkAdd, cost, node, format!("{object}.{own}"));
    }
    if is_known {
        return;
    }
    let names = sink.names(node);
    let modules = names.iter().filter(|n| n.kind == NameKind::Import);
    for module in modules.take(LINKS * 2) {
        sink.swap(Operator::LinkAdd, 1.6, node, format!("{}.{own}", module.name));
    }
}

/// `a.c` becomes `a.b.c`, where the file says `a.b`: one that has a `c` elsewhere first.
fn inner(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(object), Some(attribute)) = (field(node, "object"), field(node, "attribute")) else {
        return;
    };
    let (whole, last) = (sink.text(object), sink.text(attribute));
    let chains = chains(sink);
    let owners: Vec<&str> = chains.with(last).map(|chain| sink.text_at(chain.object)).collect();
    let links = nearest(chains.on(whole), node, LINKS * 3, |chain| {
        let link = sink.text_at(chain.member);
        (!chain.is_called && link != last && !link.starts_with('[')).then_some(link)
    });
    let has_it = |link: &str| {
        owners.iter().any(|owner| {
            owner.strip_suffix(link).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    };
    let mut rest = LINKS / 2;
    for link in links {
        let cost = if has_it(link) { 1.9 } else { 2.5 };
        if cost > 2.0 {
            if rest == 0 {
                continue;
            }
            rest -= 1;
        }
        let title = format!("`{}` becomes `{}`", brief(whole), brief(&format!("{whole}.{link}")));
        let edit = vec![swap(object, format!("{whole}.{link}"))];
        sink.edit(Operator::LinkAdd, cost, node, title, edit);
    }
}

/// A value becomes another that is said nearby: a name instead of a chain, a chain instead of a name.
/// A name that becomes a name is left to `name`.
pub(super) fn other_value(node: Node<'_>, sink: &mut Sink<'_>) {
    let is_name = node.kind() == "identifier";
    let Some(parent) = node.parent() else { return };
    let is_object = field(parent, "object").is_some_and(|o| o.id() == node.id());
    if tree::is_called(node) || is_object || is_name && !name::is_use(node, parent) {
        return;
    }
    for other in values(node, VALUES, sink) {
        if !is_name || other.what != What::Name {
            let text = sink.text_at(other.span);
            sink.swap(Operator::ValueSwap, 2.3, node, text);
        }
    }
}

/// A literal becomes a value that is said nearby.
pub(super) fn instead_of_literal(node: Node<'_>, sink: &mut Sink<'_>) {
    let fits = matches!(
        tree::role(node),
        Role::Argument
            | Role::Compared
            | Role::Assigned
            | Role::Bound
            | Role::Operand
            | Role::Index
    );
    if fits && !tree::in_string(node) {
        for other in values(node, FOR_LITERALS, sink) {
            let text = sink.text_at(other.span);
            sink.swap(Operator::ValueSwap, 2.7, node, text);
        }
    }
}

/// An attribute becomes another that the file takes: nearly the same, or of the same object.
pub(super) fn other_member(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(object), Some(attribute)) = (field(node, "object"), field(node, "attribute")) else {
        return;
    };
    let (whole, own) = (sink.text(object), sink.text(attribute));
    let (chains, is_called) = (chains(sink), tree::is_called(node));
    let operator = if is_called { Operator::MethodSwap } else { Operator::AttributeSwap };
    let is_rare = chains.with(own).nth(1).is_none();
    let members = chains.members().filter(|m| m.is_called == is_called);
    let near = similar_names(own, members.map(|member| sink.text_at(member.member)));
    let same = nearest(chains.on(whole), node, LINKS, |chain| {
        let name = sink.text_at(chain.member);
        (chain.is_called == is_called && name != own && !name.starts_with('[')).then_some(name)
    });
    for new in near.into_iter().filter(|new| !new.starts_with('[')).take(LINKS) {
        sink.swap(operator, if is_rare { 1.15 } else { 2.15 }, attribute, new);
    }
    for new in same {
        sink.swap(operator, 2.25, attribute, new);
    }
}

/// A class becomes another: `super(Other, self)` names the class around it.
pub(super) fn other_class(node: Node<'_>, sink: &mut Sink<'_>) {
    let own = sink.text(node);
    let is_class = own.starts_with(|c: char| c.is_ascii_uppercase());
    let Some(parent) = node.parent().filter(|parent| name::is_use(node, *parent)) else { return };
    let list = Some(parent).filter(|p| p.kind() == "argument_list");
    let is_first = list.is_some_and(|l| l.named_child(0).is_some_and(|n| n.id() == node.id()));
    let of_super = list
        .filter(|_| is_first)
        .and_then(|l| l.parent())
        .is_some_and(|call| tree::callee(call, sink) == "super");
    if of_super && let Some(class) = tree::class(node).and_then(|class| field(class, "name")) {
        let class = sink.text(class);
        sink.swap(Operator::NameSwap, 0.5, node, class);
    }
    if !is_class {
        return;
    }
    let names = sink.names(node);
    let classes = names
        .iter()
        .map(|n| n.name.as_str())
        .filter(|n| *n != own && n.starts_with(|c: char| c.is_ascii_uppercase()));
    // Constants are written in capitals throughout.
    let is_constant = |name: &str| !name.contains(|c: char| c.is_ascii_lowercase());
    let alike: Vec<&str> = classes.filter(|n| is_constant(n) == is_constant(own)).collect();
    let near = similar_names(own, alike.iter().copied());
    for new in near.into_iter().take(LINKS) {
        sink.swap(Operator::NameSwap, 1.85, node, new);
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::reaches;

    #[test]
    fn links_that_are_too_many() {
        reaches(
            "from a import dump\nx = io.StringIO.StringIO(y.dump)  #!\n",
            &[
                "x = io.StringIO(y.dump)",
                "x = io.StringIO.StringIO(y)",
                "x = io.StringIO.StringIO(dump)",
            ],
        );
        reaches("def f(a):\n    return a.b['k'].c  #!\n", &["return a.b.c", "return a.b['k']"]);
    }

    #[test]
    fn links_that_are_missing() {
        reaches(
            "def f(a, b):\n    g(a.size)\n    h(a.items['k'])\n    return a + b.size + a.items  #!\n",
            &["return a.size + b.size + a.items", "return a + b.size + a.items['k']"],
        );
        reaches("import time, os\ndef f():\n    return sleep(1)  #!\n", &["return time.sleep(1)"]);
        reaches(
            "class A:\n    def f(self):\n        self.wc.mask()\n        self.other.x = 1\n        return self.mask()  #!\n",
            &["return self.wc.mask()", "return self.other.mask()"],
        );
    }

    #[test]
    fn other_values_and_members() {
        reaches(
            "def f(a, key):\n    g(a.kind)\n    return h(a.name, key, '')  #!\n",
            &[
                "return h(key, key, '')",
                "return h(a.name, a.kind, '')",
                "return h(a.name, key, key)",
            ],
        );
        reaches(
            "def f(a):\n    a.close()\n    g(a.errors)\n    b.open()\n    a.opne()  #!\n    g(a.erors)  #!\n",
            &[
                "def f(a):\n    a.close()\n    g(a.errors)\n    b.open()\n    a.open()\n    g(a.erors)\n",
                "def f(a):\n    a.close()\n    g(a.errors)\n    b.open()\n    a.close()\n    g(a.erors)\n",
                "def f(a):\n    a.close()\n    g(a.errors)\n    b.open()\n    a.opne()\n    g(a.errors)\n",
            ],
        );
        reaches(
            "class Grid:\n    def __init__(self):\n        super(Visual, self).__init__()  #!\n",
            &["super(Grid, self).__init__()"],
        );
        reaches("from a import RedItem, BlueItem\nx = [BlueItem(1)]  #!\n", &["x = [RedItem(1)]"]);
    }
}

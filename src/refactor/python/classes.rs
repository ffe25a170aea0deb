//! Which classes of a repository inherit from which, and which of them share an attribute.

use super::infer::{Def, Ty, Types, self_attributes};
use super::world::{World, is_common_attribute};
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::field;
use crate::syntax::tree::Node;

/// Every class of the repository.
pub(super) struct Classes<'w> {
    world: &'w World<'w>,
    all: Vec<Class<'w>>,
}

struct Class<'w> {
    def: Def<'w>,
    /// Itself first.
    ancestors: Vec<Def<'w>>,
    outside: Vec<(Def<'w>, Node<'w>)>,
}

/// The classes that share one attribute.
pub(super) struct Family<'w> {
    pub(super) members: Vec<Def<'w>>,
    /// Those that bind it themselves.
    pub(super) definers: Vec<Def<'w>>,
    /// Classes above that do not have it.
    above: Vec<Def<'w>>,
    /// True when no other class of the repository, nor a common type outside, has one of this name.
    pub(super) unique: bool,
    outside: Vec<(Def<'w>, Node<'w>)>,
}

/// Whether an attribute is that of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whose {
    Ours,
    Other,
    /// It can be either.
    Both,
    Unknown,
}

/// Classes of the standard library whose attributes are among the common ones and that call no
/// method by a name made at run time.
const KNOWN: &str = " object Exception BaseException ABC Generic Enum IntEnum Flag IntFlag StrEnum \
    NamedTuple dict list set frozenset tuple str bytes int float OrderedDict defaultdict deque \
    Counter UserDict UserList UserString Mapping MutableMapping Sequence MutableSequence Set \
    MutableSet Iterable Iterator Iterator Generator Hashable Sized Container Collection Callable \
    Thread TestCase local type property Path RawIOBase TextIOBase IOBase BytesIO StringIO Awaitable \
    IsolatedAsyncioTestCase Formatter Logger Handler Filter LoggerAdapter JSONEncoder tzinfo \
    AsyncIterator AsyncGenerator ContextDecorator AbstractContextManager ";

/// Classes that bring no attributes but those with two underscores.
const EMPTY: [&str; 5] = ["object", "ABC", "Generic", "Protocol", "Awaitable"];

impl<'w> Classes<'w> {
    pub(super) fn new(world: &'w World<'w>) -> Self {
        let mut all = Vec::new();
        for unit in world.all() {
            let nodes = unit.root().subtree().filter(|n| n.kind() == "class_definition");
            for node in nodes {
                let def = Def { unit, node };
                let (ancestors, outside) = world.mro(def);
                all.push(Class { def, ancestors, outside });
            }
        }
        Self { world, all }
    }

    /// True when the class itself binds the attribute, in its body or through `self`.
    fn defines(&self, class: Def<'w>, name: &str) -> bool {
        self.world.own_member(class, name).is_some() || !self.world.assigned(class, name).is_empty()
    }

    /// The classes that get a definition from `class`, itself included.
    pub(super) fn below(&self, class: Def<'w>) -> Vec<Def<'w>> {
        let all = self.all.iter().filter(|c| c.ancestors.contains(&class));
        all.map(|c| c.def).collect()
    }

    /// The class that gives `class` an attribute.
    pub(super) fn definer(&self, class: Def<'w>, name: &str) -> Option<Def<'w>> {
        let entry = self.all.iter().find(|c| c.def == class)?;
        entry.ancestors.iter().copied().find(|c| self.defines(*c, name))
    }

    /// The classes that share the attribute with `class`.
    pub(super) fn family(&self, class: Def<'w>, name: &str) -> Family<'w> {
        let uses = |def: Def<'w>| self_attributes(def).iter().any(|(_, n)| *n == name);
        let definers: Vec<Def<'w>> =
            self.all.iter().map(|c| c.def).filter(|def| self.defines(*def, name)).collect();
        let mut members = vec![class];
        loop {
            let before = members.len();
            for entry in &self.all {
                if members.contains(&entry.def) {
                    continue;
                }
                let inherits = entry
                    .ancestors
                    .iter()
                    .any(|a| members.contains(a) && (definers.contains(a) || uses(*a)));
                let gives = (definers.contains(&entry.def) || uses(entry.def))
                    && self.below(entry.def).iter().any(|d| members.contains(d));
                if inherits || gives {
                    members.push(entry.def);
                }
            }
            if members.len() == before {
                break;
            }
        }
        let (mut above, mut outside) = (Vec::new(), Vec::new());
        for entry in self.all.iter().filter(|c| members.contains(&c.def)) {
            above.extend(entry.ancestors.iter().filter(|a| !members.contains(a)));
            outside.extend(entry.outside.iter().copied());
        }
        let others = definers.iter().any(|d| !members.contains(d));
        let unique = !others && !is_common_attribute(name);
        let definers = definers.into_iter().filter(|d| members.contains(d)).collect();
        Family { members, definers, above, unique, outside }
    }

    /// The refusal when a class of the family may get the attribute from outside of the repository.
    pub(super) fn inherited(&self, family: &Family<'w>, name: &str) -> Result<(), Refusal> {
        for (class, base) in &family.outside {
            let text = class.unit.of(*base);
            let last = text.rsplit('.').next().unwrap_or(text);
            if EMPTY.contains(&last) && !is_dispatched(name) {
                continue;
            }
            let is_known = KNOWN.contains(&format!(" {last} "))
                || crate::refactor::python::infer::is_builtin(last);
            if is_known && !is_common_attribute(name) && !is_dispatched(name) {
                continue;
            }
            // A base that outside code gave no such attribute can be none that calls it.
            let message = format!(
                "`{}` inherits from `{text}`, which lies outside of the repository and may have or \
                 call `{name}` itself",
                class.name()
            );
            return Err(class.unit.refuse(Reason::Inherited, class.node.start_byte(), message));
        }
        Ok(())
    }

    /// Whether an attribute of a value is that of the family.
    pub(super) fn whose(&self, family: &Family<'w>, types: &Types<'w>, name: &str) -> Whose {
        let mut found: Option<Whose> = None;
        for ty in types {
            let this = match ty {
                Ty::Class(def) | Ty::Instance(def) | Ty::Super(def) => {
                    if family.members.contains(def) {
                        Whose::Ours
                    } else if family.above.contains(def) {
                        let others = self
                            .below(*def)
                            .into_iter()
                            .any(|d| !family.members.contains(&d) && self.defines(d, name));
                        if others { Whose::Both } else { Whose::Ours }
                    } else if self.definer(*def, name).is_some() {
                        Whose::Other
                    } else {
                        Whose::Unknown
                    }
                }
                Ty::Unknown => Whose::Unknown,
                _ => Whose::Other,
            };
            found = Some(match found {
                None => this,
                Some(before) if before == this => this,
                Some(_) if this == Whose::Both => Whose::Both,
                Some(Whose::Unknown) | Some(Whose::Ours) if this == Whose::Unknown => {
                    Whose::Unknown
                }
                Some(Whose::Unknown) => Whose::Unknown,
                Some(_) => Whose::Both,
            });
        }
        found.unwrap_or(Whose::Unknown)
    }

    /// The method or field that a class itself binds, as a definition.
    pub(super) fn method(&self, class: Def<'w>, name: &str) -> Option<Def<'w>> {
        let id = self.world.own_member(class, name)?;
        let node = class.unit.definition(class.unit.names.get(id))?;
        Some(Def { unit: class.unit, node })
    }

    /// The same in the classes that it inherits from, nearest first.
    pub(super) fn inherited_method(&self, class: Def<'w>, name: &str) -> Option<Def<'w>> {
        let entry = self.all.iter().find(|c| c.def == class)?;
        entry.ancestors.iter().find_map(|c| self.method(*c, name))
    }
}

/// True for names that frameworks call by a name made at run time.
fn is_dispatched(name: &str) -> bool {
    ["visit_", "do_", "handle_", "test", "depart_", "on_", "setUp", "tearDown", "setup", "teardown"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The parameters of a function or lambda, without `/` and `*`.
pub(super) fn parameters(function: Node<'_>) -> Vec<Node<'_>> {
    let list = field(function, "parameters").map(crate::syntax::node::named).unwrap_or_default();
    list.into_iter().filter(|n| !n.kind().ends_with("separator")).collect()
}

/// The name of a parameter.
pub(super) fn parameter_name(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "identifier" => Some(node),
        "default_parameter" | "typed_default_parameter" => field(node, "name"),
        _ => crate::syntax::node::named(node)
            .into_iter()
            .find(|n| n.kind() != "type")
            .and_then(parameter_name),
    }
}

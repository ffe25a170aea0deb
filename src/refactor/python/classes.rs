//! Which classes of a repository inherit from which, and which of them share an attribute.

use rustc_hash::{FxHashMap, FxHashSet};

use super::infer::{Def, Ty, Types, bases, self_attributes};
use super::sieve::may_define;
use super::world::{Unit, World, is_common_attribute};
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::field;
use crate::syntax::tree::Node;

/// Every class of the repository; a file is parsed only when one of its classes matters.
pub(super) struct Classes<'w> {
    world: &'w World<'w>,
}

/// The classes that share one attribute.
pub(super) struct Family<'w> {
    pub(super) members: Vec<Def<'w>>,
    /// Those that bind it themselves.
    pub(super) definers: Vec<Def<'w>>,
    /// Other classes that bind an attribute of the name.
    others: Vec<Def<'w>>,
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
        Self { world }
    }

    /// True when the class itself binds the attribute, in its body or through `self`.
    fn defines(&self, class: Def<'w>, name: &str) -> bool {
        self.world.own_member(class, name).is_some() || !self.world.assigned(class, name).is_empty()
    }

    /// The classes that bind an attribute themselves, in the order of the files.
    fn definers(&self, name: &str) -> Vec<Def<'w>> {
        let files = self.world.that(&|_, text| may_define(text, name));
        let all = files.flat_map(classes_in);
        all.filter(|class| self.defines(*class, name)).collect()
    }

    /// The classes that get a definition from `class`, itself included, in the order of the files.
    pub(super) fn below(&self, class: Def<'w>) -> Vec<Def<'w>> {
        self.world.below_once(class, || self.each_below(class).collect())
    }

    /// The same one after the other; files are parsed as they are come to.
    fn each_below(&self, class: Def<'w>) -> impl Iterator<Item = Def<'w>> + use<'w> {
        let world = self.world;
        let mut found = world.headers().below(class.unit.at as usize, class.name());
        found.files.insert(class.unit.at as usize);
        let files = found.files.iter().copied().collect();
        let may = move |def: &Def<'w>| {
            let words_of = bases(*def).into_iter().flat_map(Node::subtree);
            let mut words = words_of.filter(|n| n.kind() == "identifier");
            words.any(|n| found.may_be(def.unit.of(n)))
        };
        let all = world.some(files).flat_map(classes_in);
        all.filter(move |def| *def == class || may(def) && world.mro(*def).0.contains(&class))
    }

    /// The first class that is `class`, or inherits from it, and has an attribute.
    pub(super) fn below_with(&self, class: Def<'w>, name: &str) -> Option<Def<'w>> {
        if self.definers(name).is_empty() {
            return None;
        }
        self.below(class).into_iter().find(|c| self.definer(*c, name).is_some())
    }

    /// The class that gives `class` an attribute.
    pub(super) fn definer(&self, class: Def<'w>, name: &str) -> Option<Def<'w>> {
        self.world.mro(class).0.into_iter().find(|c| self.defines(*c, name))
    }

    /// The classes that share the attribute with `class`.
    pub(super) fn family(&self, class: Def<'w>, name: &str) -> Family<'w> {
        let definers = self.definers(name);
        let members = self.related(class, name, &definers);
        let keys: FxHashSet<Key> = members.iter().map(|def| key(*def)).collect();
        let mut sorted = members.clone();
        sorted.sort_by_key(|def| key(*def));
        let (mut above, mut outside) = (Vec::new(), Vec::new());
        for member in sorted {
            let (ancestors, bases) = self.world.mro(member);
            for ancestor in ancestors {
                if !keys.contains(&key(ancestor)) && !above.contains(&ancestor) {
                    above.push(ancestor);
                }
            }
            outside.extend(bases);
        }
        let (definers, others): (Vec<_>, Vec<_>) =
            definers.into_iter().partition(|d| keys.contains(&key(*d)));
        let unique = others.is_empty() && !is_common_attribute(name);
        Family { members, definers, others, above, unique, outside }
    }

    /// The classes that share an attribute with `class`: those below one that has it, and those above that have it.
    /// The nearest come first.
    fn related(&self, class: Def<'w>, name: &str, definers: &[Def<'w>]) -> Vec<Def<'w>> {
        let mut known: FxHashMap<Key, bool> = definers.iter().map(|d| (key(*d), true)).collect();
        let mut has = |def: Def<'w>| {
            let takes = || self_attributes(def).iter().any(|(_, n)| *n == name);
            *known.entry(key(def)).or_insert_with(takes)
        };
        let mut found: Vec<Related<'w>> = Vec::new();
        let mut seen: FxHashSet<Key> = FxHashSet::default();
        // Those whose classes below are known: they are below another one whose are.
        let mut covered: FxHashSet<Key> = FxHashSet::default();
        let (mut queue, mut roots) = (vec![class], Vec::new());
        loop {
            while let Some(def) = queue.pop() {
                if !seen.insert(key(def)) {
                    continue;
                }
                let (line, has_it) = (self.world.mro(def).0, has(def));
                queue.extend(line.iter().copied().filter(|above| has(*above)));
                if has_it {
                    roots.push((line.len(), def));
                }
                found.push(Related { def, line, has_it });
            }
            // The one with the fewest above it has the most below.
            roots.sort_by_key(|(above, _)| std::cmp::Reverse(*above));
            let Some((_, root)) = roots.pop() else { return in_order(class, found) };
            if !covered.contains(&key(root)) {
                let below = self.below(root);
                covered.extend(below.iter().map(|def| key(*def)));
                queue.extend(below);
            }
        }
    }

    /// The refusal when a class of the family may get the attribute from outside of the repository.
    pub(super) fn inherited(&self, family: &Family<'w>, name: &str) -> Result<(), Refusal> {
        family.outside.iter().try_for_each(|(class, base)| is_ours(*class, *base, name))
    }

    /// The same before the family is known: the first class that decides it is enough.
    ///
    /// # Errors
    /// When [`Self::inherited`] refuses the family of the attribute.
    pub(super) fn inherited_soon(&self, class: Def<'w>, name: &str) -> Result<(), Refusal> {
        let line = self.world.mro(class).0;
        let Some(top) = line.into_iter().rfind(|above| self.defines(*above, name)) else {
            return Ok(());
        };
        let bases = self.each_below(top).flat_map(|def| self.world.mro(def).1);
        bases.into_iter().try_for_each(|(class, base)| is_ours(class, base, name))
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
                        let others = family.others.iter();
                        let mut lines = others.map(|other| self.world.mro(*other).0);
                        if lines.any(|line| line.contains(def)) { Whose::Both } else { Whose::Ours }
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
        self.world.mro(class).0.into_iter().find_map(|c| self.method(c, name))
    }
}

/// A class that belongs to a family.
struct Related<'w> {
    def: Def<'w>,
    /// The classes that it gets its attributes from, itself first.
    line: Vec<Def<'w>>,
    /// It binds the attribute, or takes it from `self`.
    has_it: bool,
}

/// The classes of a family as they are met when all files are gone through, again and again, from `class` on.
fn in_order<'w>(class: Def<'w>, mut found: Vec<Related<'w>>) -> Vec<Def<'w>> {
    found.sort_by_key(|related| key(related.def));
    let places: FxHashMap<Key, usize> =
        found.iter().enumerate().map(|(at, related)| (key(related.def), at)).collect();
    let lines: Vec<Vec<usize>> = found
        .iter()
        .map(|related| related.line.iter().filter_map(|d| places.get(&key(*d)).copied()).collect())
        .collect();
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); found.len()];
    for (at, line) in lines.iter().enumerate() {
        line.iter().for_each(|above| below[*above].push(at));
    }
    let mut is_in = vec![false; found.len()];
    let mut members = vec![class];
    if let Some(at) = places.get(&key(class)) {
        is_in[*at] = true;
    }
    loop {
        let before = members.len();
        for (at, related) in found.iter().enumerate() {
            if is_in[at] {
                continue;
            }
            let inherits = lines[at].iter().any(|above| is_in[*above] && found[*above].has_it);
            let gives = related.has_it && below[at].iter().any(|below| is_in[*below]);
            if inherits || gives {
                is_in[at] = true;
                members.push(related.def);
            }
        }
        if members.len() == before {
            return members;
        }
    }
}

/// # Errors
/// When a base that lies outside of the repository may have, or call, an attribute.
fn is_ours(class: Def<'_>, base: Node<'_>, name: &str) -> Result<(), Refusal> {
    let text = class.unit.of(base);
    let last = text.rsplit('.').next().unwrap_or(text);
    if EMPTY.contains(&last) && !is_dispatched(name) {
        return Ok(());
    }
    let is_known = KNOWN.contains(&format!(" {last} ")) || super::infer::is_builtin(last);
    if is_known && !is_common_attribute(name) && !is_dispatched(name) {
        return Ok(());
    }
    // A base that outside code gave no such attribute can be none that calls it.
    let message = format!(
        "`{}` inherits from `{text}`, which lies outside of the repository and may have or call \
         `{name}` itself",
        class.name()
    );
    Err(class.unit.refuse(Reason::Inherited, class.node.start_byte(), message))
}

/// The place of a class: its file, and its node.
type Key = (u32, usize);

fn key(def: Def<'_>) -> Key {
    (def.unit.at, def.node.id())
}

/// The classes of a file.
fn classes_in<'w>(unit: &'w Unit) -> impl Iterator<Item = Def<'w>> {
    unit.classes().map(move |node| Def { unit, node })
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

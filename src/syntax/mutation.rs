//! The catalogue of small meaning-changing edits: its vocabulary and its guarantees.
//!
//! Operators live with their language (`python/`, ...); each looks at one node and puts edits into
//! a `Sink`. What leaves here is deterministic, anchored on the lines asked for, parses no worse
//! than before, changes the text, and holds no two edits with the same result.

use std::collections::HashSet;

use crate::syntax::tree::Node;

use super::curly;
use super::node::walk;
use super::parse::Parsed;
use super::python;
use super::sink::{Sink, Wanted};
use crate::base::{Cancel, Language, Line, Replacement, splice};

/// One small edit.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    pub operator: Operator,
    /// Byte ranges of the source as parsed; they do not overlap.
    pub replacements: Vec<Replacement>,
    /// The requested line that the edit belongs to.
    pub line: Line,
    /// In a few words: "`<` becomes `<=`".
    pub title: String,
    /// How unlikely an edit of this kind is to be the fix, before anything is known about the
    /// failure: 0.5 very common, 1 common, 2 rarer, 4 exotic.
    pub cost: f32,
}

/// What is known beyond the file itself. All parts may be empty.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Identifiers that the failure mentions (its message, the failing test): preferred when a
    /// name is replaced.
    pub names: Vec<String>,
    /// Functions of other files that can be called here by this name.
    pub functions: Vec<Callable>,
    /// Literals of the failing assertion, as source text of the language: `0`, `'ab'`.
    pub literals: Vec<String>,
}

/// A function of another file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Callable {
    pub name: String,
    /// Number of parameters without a default, a receiver not counted.
    pub arity: usize,
}

/// The edits of the catalogue on `lines`, cheapest first, in a stable order.
pub fn mutations(
    parsed: &Parsed,
    lines: impl IntoIterator<Item = Line>,
    context: &Context,
) -> Vec<Mutation> {
    let mut found = unparsed_mutations(parsed, lines, context, &Cancel::new());
    found.retain(|mutation| {
        splice(parsed.text(), &mutation.replacements)
            .is_ok_and(|after| parsed.still_parses(&mutation.replacements, &after))
    });
    found
}

/// As [`mutations`], with those whose result does not parse. Parsing takes most of the time, and
/// a search that ends early needs it for few of them. What was found so far once `cancel` says stop.
pub fn unparsed_mutations(
    parsed: &Parsed,
    lines: impl IntoIterator<Item = Line>,
    context: &Context,
    cancel: &Cancel,
) -> Vec<Mutation> {
    let Some(catalogue) = catalogue(parsed.language()) else { return Vec::new() };
    let mut wanted = Wanted::new(lines);
    let nodes = walk(parsed.root(), |_| true);
    for (first, last) in nodes.iter().filter_map(|n| (catalogue.extent)(*n)) {
        if last - first < LONGEST_STATEMENT {
            wanted.widen(first, last);
        }
    }
    let mut sink = Sink::new(parsed, context, wanted);
    for node in nodes {
        if cancel.is_cancelled() {
            break;
        }
        if node.is_named() && sink.touches(node) && !node.has_error() {
            (catalogue.visit)(node, &mut sink);
        }
    }
    clean(parsed, sink.finish())
}

/// The operators of one language.
pub(super) struct Catalogue {
    /// Puts the edits of all operators at this one node into the sink.
    pub(super) visit: for<'t> fn(Node<'t>, &mut Sink<'t>),
    /// First and last line of a simple statement, or of the head of a compound one: lines that a
    /// tracer reports as one.
    pub(super) extent: fn(Node<'_>) -> Option<(u32, u32)>,
}

/// Longer statements are tables; only their lines asked for by number count.
const LONGEST_STATEMENT: u32 = 16;

fn catalogue(language: Language) -> Option<&'static Catalogue> {
    match language {
        Language::Python => Some(&python::CATALOGUE),
        Language::Rust
        | Language::JavaScript
        | Language::TypeScript
        | Language::Tsx
        | Language::Go => Some(&curly::CATALOGUE),
    }
}

/// Drops what changes nothing or was said before; sorts by cost.
fn clean(parsed: &Parsed, mut found: Vec<Mutation>) -> Vec<Mutation> {
    // Stable: of equal results the cheapest stays, then the first one found.
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let mut seen: HashSet<(usize, usize, String)> = HashSet::new();
    found.retain(|mutation| {
        let Ok(after) = splice(parsed.text(), &mutation.replacements) else {
            debug_assert!(false, "bad edit: {mutation:?}");
            return false;
        };
        let Some(key) = difference(parsed.text(), &after, &mutation.replacements) else {
            return false;
        };
        seen.insert(key)
    });
    found
}

/// What `after` has instead of what `before` had: bytes equal in front, bytes equal at the end,
/// and the new middle. The same for all edits with the same result; `None` without a difference.
fn difference(
    before: &str,
    after: &str,
    replacements: &[Replacement],
) -> Option<(usize, usize, String)> {
    // Outside of the edits the texts agree: only there need they be compared.
    let first = replacements.iter().map(|r| r.span.start).min()?;
    let last = replacements.iter().map(|r| r.span.end).max()?;
    let (old, new) = (before.as_bytes(), after.as_bytes());
    let equal = |(a, b): &(&u8, &u8)| a == b;
    let prefix = first + old[first..].iter().zip(&new[first..]).take_while(equal).count();
    if prefix == old.len() && prefix == new.len() {
        return None;
    }
    let tail = old.len() - last;
    let most = (old.len() - prefix).min(new.len() - prefix);
    let back = old[..last].iter().rev().zip(new[..new.len() - tail].iter().rev());
    let suffix = (tail + back.take_while(equal).count()).min(most);
    let middle = String::from_utf8_lossy(&new[prefix..new.len() - suffix]).into_owned();
    Some((prefix, suffix, middle))
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The kinds of edits. The names are stable: they are keys of learned tables.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operator {
            $($(#[$doc])* $variant,)*
        }

        impl Operator {
            /// Every operator, in the order of declaration.
            pub const ALL: &'static [Operator] = &[$(Operator::$variant,)*];

            /// Stable `snake_case` name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Operator::$variant => $name,)*
                }
            }
        }
    };
}

operators! {
    /// `<` becomes `<=`: same direction, other boundary.
    ComparisonBoundary = "comparison_boundary",
    /// Any other comparison operator.
    ComparisonSwap = "comparison_swap",
    /// `==` and `is`, `in` and `not in`, ...
    IdentityEquality = "identity_equality",
    /// `a < b < c` and `a < b and b < c`.
    ComparisonChain = "comparison_chain",
    /// `and` becomes `or`, `&&` becomes `||`.
    BooleanSwap = "boolean_swap",
    /// One operand of a boolean operator goes.
    BooleanDropOperand = "boolean_drop_operand",
    /// A negation is added.
    NegationAdd = "negation_add",
    /// A negation is removed.
    NegationRemove = "negation_remove",
    /// `+` becomes `-`, ...
    ArithmeticSwap = "arithmetic_swap",
    /// `&` becomes `|`, `<<` becomes `>>`, ...
    BitwiseSwap = "bitwise_swap",
    /// `+=` becomes `-=` or `=`, ...
    AugmentedAssignment = "augmented_assignment",
    /// `-x` becomes `x`, or the other way.
    Sign = "sign",
    /// `a - b` becomes `b - a`.
    OperandSwap = "operand_swap",
    /// `a + b * c` becomes `(a + b) * c`.
    Precedence = "precedence",
    /// `a + b` becomes `a`.
    OperandDrop = "operand_drop",
    /// An operand gets `+ 1` or `- 1`, or loses it.
    OffByOne = "off_by_one",
    /// An integer literal becomes another.
    IntegerConstant = "integer_constant",
    /// A float literal becomes another.
    FloatConstant = "float_constant",
    /// `True` becomes `False`, ...
    BooleanConstant = "boolean_constant",
    /// A string literal becomes another.
    StringConstant = "string_constant",
    /// `None` becomes something, or something becomes `None`.
    NoneConstant = "none_constant",
    /// The first value of a variable changes.
    InitialValue = "initial_value",
    /// Formatting: a missing `f`, a wrong placeholder.
    StringFormat = "string_format",
    /// A name becomes another one in scope.
    NameSwap = "name_swap",
    /// An attribute becomes another one.
    AttributeSwap = "attribute_swap",
    /// A method of a builtin type becomes a related one.
    MethodSwap = "method_swap",
    /// `a.b` becomes `a`, or `b`.
    LinkDrop = "link_drop",
    /// `a` becomes `a.b`, or `b` becomes `a.b`.
    LinkAdd = "link_add",
    /// A value becomes another one that is said nearby.
    ValueSwap = "value_swap",
    /// `x` becomes `self.x`, or the other way.
    SelfPrefix = "self_prefix",
    /// The function called becomes another one.
    CalleeSwap = "callee_swap",
    /// Two arguments change places.
    ArgumentSwap = "argument_swap",
    /// An argument goes.
    ArgumentDrop = "argument_drop",
    /// An argument is added.
    ArgumentAdd = "argument_add",
    /// A keyword argument is added, removed or flipped.
    KeywordArgument = "keyword_argument",
    /// `x.f` becomes `x.f()`.
    CallAdd = "call_add",
    /// A method call that is made elsewhere is made here too.
    CallCopy = "call_copy",
    /// `x.f()` becomes `x.f`.
    CallRemove = "call_remove",
    /// A conversion is wrapped around an expression.
    WrapCall = "wrap_call",
    /// A conversion is taken away.
    UnwrapCall = "unwrap_call",
    /// `await` is added or removed.
    Await = "await",
    /// An expression statement is returned.
    ReturnAdd = "return_add",
    /// Something else is returned.
    ReturnValue = "return_value",
    /// `yield`, `yield from`, `return`.
    YieldReturn = "yield_return",
    /// The bounds of a range.
    RangeBound = "range_bound",
    /// The bounds of a slice.
    SliceBound = "slice_bound",
    /// An index moves.
    IndexShift = "index_shift",
    /// `a[i][j]` becomes `a[j][i]`.
    IndexSwap = "index_swap",
    /// `x` becomes `x or default`, `d[k]` becomes `d.get(k)`.
    DefaultValue = "default_value",
    /// A mutable default argument becomes `None` with a guard.
    MutableDefault = "mutable_default",
    /// An early return, continue or raise for an odd value.
    Guard = "guard",
    /// A condition gets another conjunct or disjunct.
    ConditionExtend = "condition_extend",
    /// A condition becomes another one.
    ConditionReplace = "condition_replace",
    /// A statement goes.
    StatementDelete = "statement_delete",
    /// Two neighbouring statements change places.
    StatementSwap = "statement_swap",
    /// A statement moves to another place in its block.
    StatementMove = "statement_move",
    /// A statement moves in or out of a block.
    StatementIndent = "statement_indent",
    /// A statement is copied from elsewhere.
    StatementCopy = "statement_copy",
    /// A statement that is often forgotten is added.
    StatementInsert = "statement_insert",
    /// `break`, `continue`, `pass` and `return` for each other.
    JumpSwap = "jump_swap",
    /// A jump is added.
    JumpAdd = "jump_add",
    /// `if`, `elif`, `else`, `while` for each other.
    BranchKind = "branch_kind",
    /// The branches of an `if` change places.
    BranchSwap = "branch_swap",
    /// A statement is made only where something is there.
    StatementGuard = "statement_guard",
    /// `=` becomes `:=`, or the other way.
    Declaration = "declaration",
    /// An aliased value is copied.
    Copy = "copy",
    /// The class of exception caught or raised.
    ExceptionClass = "exception_class",
    /// `global` or `nonlocal` is added.
    GlobalAdd = "global_add",
    /// `super().__init__()` is called.
    SuperInit = "super_init",
    /// A decorator is added or removed.
    Decorator = "decorator",
    /// A lambda or closure takes the value instead of the variable.
    LateBinding = "late_binding",
    /// A generator becomes a list, or the other way.
    GeneratorList = "generator_list",
    /// The result of a pure method is kept.
    KeepResult = "keep_result",
    /// The order of targets or values in an unpacking.
    UnpackOrder = "unpack_order",
    /// The order or kind of iteration: `enumerate`, `items`, `reversed`, `zip`.
    Iteration = "iteration",
    /// Key and value change places.
    PairSwap = "pair_swap",
    /// How a number is rounded.
    Rounding = "rounding",
    /// Ownership, borrowing, dereferencing.
    Borrow = "borrow",
    /// An optional value is handled in another way (`?`, `unwrap_or`, ...).
    OptionHandling = "option_handling",
    /// A type annotation or cast.
    TypeChange = "type_change",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_snake_case() {
        let mut seen = HashSet::new();
        for operator in Operator::ALL {
            let name = operator.name();
            assert!(seen.insert(name), "{name} twice");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        }
    }

    #[test]
    fn equal_results_have_equal_differences() {
        let before = "aab é";
        let by = |start, end, text: &str| {
            let edit = [Replacement::new(start, end, text)];
            let after = splice(before, &edit).unwrap();
            difference(before, &after, &edit)
        };
        assert_eq!(by(0, 0, "a"), by(2, 2, "a"));
        assert_eq!(by(0, 1, ""), by(1, 2, ""));
        assert_eq!(by(0, 3, "aac"), by(2, 3, "c"));
        assert_eq!(by(0, 2, "aa"), None);
        assert_ne!(by(0, 1, "x"), by(1, 2, "x"));
    }
}

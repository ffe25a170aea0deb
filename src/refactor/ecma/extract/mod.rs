//! A name for a part of the code: a variable for an expression, a function for statements.

mod flow;
mod function;
mod place;
mod variable;

pub(super) use flow::always_leaves;
pub(super) use function::{Chunk, of_chunk, plan as function};
pub(super) use variable::plan as variable;

//! Decides: localises, generates candidates, has them checked, ranks what passed.

pub mod proposal;

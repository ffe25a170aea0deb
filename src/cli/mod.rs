//! One file per command; `report` alone prints.

pub mod completions;
pub mod man;

//! One module per task that a user can ask for.

pub mod fix;

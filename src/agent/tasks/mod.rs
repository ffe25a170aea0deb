//! One module per task that a user can ask for.

pub mod ask;
pub mod complete;
pub mod fix;
pub mod refactor;
pub mod review;

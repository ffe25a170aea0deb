//! What is known of a repository, put together for a question: found, explained, and packed into a
//! budget of tokens.

pub mod context;
pub mod find;
pub mod tour;

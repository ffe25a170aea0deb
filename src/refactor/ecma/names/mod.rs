//! Names: what they do, which words are none, and which belong to the platform.

pub(super) mod role;
mod words;

pub(super) use words::{check_name, is_name, is_platform};

//! Names: what they do, which words are none, and which belong to the platform.

pub(super) mod role;

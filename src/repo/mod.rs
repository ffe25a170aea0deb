//! Which files exist, which of them are tests, and what git says of them.

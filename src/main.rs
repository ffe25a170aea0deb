//! Parse, run, map errors to exit codes.

fn main() {}

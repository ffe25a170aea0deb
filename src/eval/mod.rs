//! Repair suites and their scores.

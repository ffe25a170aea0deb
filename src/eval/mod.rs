//! How good the parts of slm are, measured: for its developers, and for anyone who doubts.

pub mod logit;
pub mod prior;
pub mod ranker;

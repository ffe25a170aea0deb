//! How good the parts of slm are, measured: for its developers, and for anyone who doubts.

pub mod calibrate;
pub mod compare;
pub mod gaps;
pub mod logit;
pub mod map;
pub mod prior;
pub mod ranker;
pub mod repair;

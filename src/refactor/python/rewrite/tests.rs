use super::*;
use crate::refactor::Refactoring;
use crate::refactor::testing::Memory;

//! Stands for the cipher in a build without the feature `encryption`: says so.

use std::fs::File;
use std::path::Path;

use super::{Key, Tee};
use crate::base::Secret;
use crate::models::store::stage::Filled;
use crate::models::store::{Item, StoreError};
use crate::models::watch::Watch;

pub(super) fn new_identity() -> Result<Secret, StoreError> {
    Err(StoreError::NoEncryption)
}

/// No such value is ever made.
#[derive(Debug)]
pub(super) enum Lock {}

impl Lock {
    pub(super) fn of(_: &Key) -> Result<Self, StoreError> {
        Err(StoreError::NoEncryption)
    }

    pub(super) fn seal(
        &self,
        _: (&mut File, &Path),
        _: (&mut Tee<'_>, &Path),
        _: &mut Watch<'_>,
    ) -> Result<Filled, StoreError> {
        match *self {}
    }

    pub(super) fn open(
        &self,
        _: (File, &Path),
        _: &Item,
        _: &mut Watch<'_>,
        _: impl FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match *self {}
    }
}

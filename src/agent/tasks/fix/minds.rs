//! Who may be asked for candidates besides rules and search: a local model, and a server that the user named.

use std::fmt;
use std::path::PathBuf;

use crate::agent::cascade::{Calibration, Draft, Settings};
use crate::base::{Cancel, Secret};
use crate::engine::{Engine, EngineError};

/// The models of a run, and the user's rules for when they are asked.
pub struct Minds<'m> {
    pub engine: Option<&'m mut dyn Engine>,
    pub distant: Distant<'m>,
    pub settings: Settings,
    pub calibration: Option<Calibration>,
}

/// A model behind a server.
#[derive(Debug)]
pub enum Distant<'m> {
    /// Why there is none, for people.
    Absent(String),
    There(Box<Correspondent<'m>>),
}

/// Opens a way to a server; its first request may be made then, and not before.
pub type Opener<'m> = Box<dyn FnMut(&Cancel) -> Result<Box<dyn Engine>, EngineError> + Send + 'm>;
/// Whether this may be sent; asked once in a run.
pub type Consent<'m> = Box<dyn FnMut(&Draft, &Cancel) -> bool + Send + 'm>;

/// A server that may be asked, once the person agrees.
pub struct Correspondent<'m> {
    /// Its address, for people.
    pub address: String,
    /// The person's home, which is not to be named there.
    pub home: Option<PathBuf>,
    /// Values that are not to be sent, by the names of their variables.
    pub secrets: Vec<(String, Secret)>,
    pub open: Opener<'m>,
    pub consent: Consent<'m>,
}

impl<'m> Minds<'m> {
    /// A local model, or none, asked when it is by default.
    pub fn local(engine: Option<&'m mut dyn Engine>) -> Self {
        Self {
            engine,
            distant: Distant::Absent("no endpoint was named".to_owned()),
            settings: Settings::default(),
            calibration: Calibration::shipped().cloned(),
        }
    }
}

impl fmt::Debug for Minds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minds")
            .field("engine", &self.engine.as_ref().map(|engine| &engine.info().name))
            .field("distant", &self.distant)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Correspondent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Correspondent").field("address", &self.address).finish_non_exhaustive()
    }
}

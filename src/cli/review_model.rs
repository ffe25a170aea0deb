//! The model in a review: which calibration it has, and what it says of the new lines.
//!
//! A model whose calibration is not known is not asked: it could not say how sure it is. `slm eval review`
//! makes one; it lies in the state directory, named by the digest of the model's file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::chosen::Chosen;
use super::model;
use super::report::{self, Failure};
use crate::agent::review::{Asked, Calibration, Reviewed, Settings};
use crate::agent::tasks::review::{Judge, Subject};
use crate::base::fs::{self, PathContext as _};
use crate::base::{Cancel, sanitize};
use crate::config::{Config, Environment};
use crate::engine::{Engine, EngineError};
use crate::models::{Sha256, Watch};

/// Longer files in the directory of calibrations are none.
const LONGEST: u64 = 1 << 16;

/// A calibration as it lies on disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    /// The model's file when it was measured: where it lay, its size and its time stamp, by which it is known
    /// again without reading all of it.
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) modified_ns: u64,
    pub(super) sha256: Sha256,
    /// `None` when no threshold was good enough: nothing is reported.
    pub(super) fitted: Option<Fitted>,
    /// What the threshold was chosen for.
    pub(super) precision_wanted: f32,
    pub(super) rate: f32,
    /// Measured on lines that it was not fitted on.
    pub(super) precision: Option<f32>,
    pub(super) recall: Option<f32>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Fitted {
    pub(super) slope: f32,
    pub(super) offset: f32,
    pub(super) least: f32,
}

impl Stored {
    /// The calibration, where it is sound: what is read from disk could say anything.
    pub(super) fn calibration(&self) -> Option<Calibration> {
        let Fitted { slope, offset, least } = self.fitted?;
        let sound = slope.is_finite() && slope > 0.0 && offset.is_finite();
        (sound && (0.0..=1.0).contains(&least)).then_some(Calibration { slope, offset, least })
    }
}

/// What the file of a model is known by.
///
/// # Errors
/// It cannot be read.
pub(super) fn about(path: &Path) -> anyhow::Result<(PathBuf, u64, u64)> {
    let path = model::existing(path)?;
    let about = std::fs::metadata(&path).path("read", &path)?;
    let since =
        about.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let modified = since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    Ok((path, about.len(), modified))
}

fn directory(environment: &Environment) -> PathBuf {
    environment.state_dir().join("calibrations")
}

/// Keeps a calibration; gives the file.
///
/// # Errors
/// It cannot be written.
pub(super) fn keep(stored: &Stored, environment: &Environment) -> anyhow::Result<PathBuf> {
    let directory = directory(environment);
    fs::create_dir_all(&directory)?;
    let file = directory.join(format!("{}.json", stored.sha256));
    fs::write(&file, format!("{:#}\n", serde_json::to_value(stored)?))?;
    Ok(file)
}

/// What was measured of a model; `None` when nothing was.
///
/// # Errors
/// The model's file cannot be read.
pub(super) fn find(
    model: &Path,
    environment: &Environment,
    cancel: &Cancel,
) -> anyhow::Result<Option<Stored>> {
    let Ok(entries) = std::fs::read_dir(directory(environment)) else { return Ok(None) };
    let stored: Vec<Stored> = entries
        .flatten()
        .filter(|entry| entry.metadata().is_ok_and(|about| about.len() <= LONGEST))
        .filter_map(|entry| serde_json::from_str(&fs::read_text(&entry.path()).ok()?).ok())
        .collect();
    if stored.is_empty() {
        return Ok(None);
    }
    let (path, bytes, modified_ns) = about(model)?;
    let same = |s: &&Stored| (&s.path, s.bytes, s.modified_ns) == (&path, bytes, modified_ns);
    if let Some(known) = stored.iter().find(same) {
        return Ok(Some(known.clone()));
    }
    if stored.iter().all(|s| s.bytes != bytes) {
        return Ok(None);
    }
    let sha256 = Sha256::of_file(&path, &mut Watch::quiet(cancel))?;
    Ok(stored.into_iter().find(|s| s.sha256 == sha256))
}

/// Whether the user asked for the model by name: then they are told why it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    ByName,
    ByConfiguration,
}

/// The calibration of a model; with a remark where there is none and somebody waits for it.
///
/// # Errors
/// The model's file cannot be read.
pub(super) fn calibration(
    model: &Path,
    asks: Asks,
    environment: &Environment,
    cancel: &Cancel,
) -> anyhow::Result<Option<Calibration>> {
    let stored = find(model, environment, cancel)?;
    let calibration = stored.as_ref().and_then(Stored::calibration);
    if calibration.is_none() && asks == Asks::ByName {
        let why = match stored {
            Some(_) => "it was measured, and cannot tell bugs from other lines well enough",
            None => "how often it is right is not known; measure it: slm eval review --model PATH",
        };
        report::note(&format!("slm: unlikely lines are not looked for with this model: {why}"));
    }
    Ok(calibration)
}

/// Asks an engine about the new lines and adds what it finds.
///
/// # Errors
/// The engine fails for another reason than the time.
pub(super) fn judge(
    engine: &mut dyn Engine,
    (subject, reviewed): (&Subject, &mut Reviewed),
    calibration: Calibration,
    settings: &Settings,
    cancel: &Cancel,
) -> anyhow::Result<Asked> {
    let mut judge = Judge::new(engine, cancel);
    let asked = subject.judge(reviewed, &mut judge, calibration, settings);
    match judge.failure() {
        None | Some(EngineError::Cancelled) => Ok(asked),
        Some(error) => Err(Failure::environment(sanitize(&error.to_string()).into_owned())),
    }
}

/// Opens the chosen model, where it has a calibration, and asks it; a remark says what was left.
///
/// # Errors
/// The model cannot be opened or fails.
pub(super) fn open_and_judge(
    model: &Chosen,
    (subject, reviewed): (&Subject, &mut Reviewed),
    settings: &Settings,
    (environment, config): (&Environment, &Config),
    cancel: &Cancel,
) -> anyhow::Result<()> {
    let Some(calibration) = calibration(&model.path, Asks::ByConfiguration, environment, cancel)?
    else {
        return Ok(());
    };
    let mut engine = model::open_file(model, environment, config, cancel)?;
    let asked = judge(engine.as_mut(), (subject, reviewed), calibration, settings, cancel)?;
    say_left(&asked);
    Ok(())
}

/// Says how many lines were not asked about.
pub(super) fn say_left(asked: &Asked) {
    if asked.left > 0 {
        report::note(&format!(
            "slm: the model was asked about {} of {} new lines; the others pass",
            asked.lines,
            asked.lines + asked.left
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(path: &Path) -> Stored {
        let (path, bytes, modified_ns) = about(path).unwrap();
        Stored {
            sha256: Sha256::of_file(&path, &mut Watch::quiet(&Cancel::new())).unwrap(),
            path,
            bytes,
            modified_ns,
            fitted: Some(Fitted { slope: 1.0, offset: -2.0, least: 0.8 }),
            precision_wanted: 0.8,
            rate: 0.02,
            precision: Some(0.9),
            recall: Some(0.3),
        }
    }

    #[test]
    fn a_calibration_belongs_to_the_bytes_of_a_model() {
        let dir = tempfile::tempdir().unwrap();
        let environment = Environment {
            home: Some(dir.path().into()),
            state_home: Some(dir.path().join("state")),
            ..Environment::default()
        };
        let (one, other) = (dir.path().join("one.gguf"), dir.path().join("other.gguf"));
        fs::write(&one, "weights").unwrap();
        let find = |path: &Path| find(path, &environment, &Cancel::new()).unwrap();
        assert!(find(&one).is_none(), "nothing was measured");
        keep(&stored(&one), &environment).unwrap();
        assert_eq!(find(&one).unwrap().calibration().unwrap().least, 0.8);
        fs::write(&other, "weights").unwrap();
        assert!(find(&other).is_some(), "a copy is the same model");
        fs::write(&other, "WEIGHTS").unwrap();
        assert!(find(&other).is_none(), "of the same size");
        fs::write(&directory(&environment).join("x.json"), "{broken").unwrap();
        assert!(find(&one).is_some(), "beside a broken file");
    }

    #[test]
    fn an_unsound_calibration_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.gguf");
        fs::write(&path, "weights").unwrap();
        let good = stored(&path);
        assert!(good.calibration().is_some());
        for fitted in [
            Fitted { slope: -1.0, offset: 0.0, least: 0.5 },
            Fitted { slope: f32::NAN, offset: 0.0, least: 0.5 },
            Fitted { slope: 1.0, offset: 0.0, least: 7.0 },
        ] {
            assert!(Stored { fitted: Some(fitted), ..good.clone() }.calibration().is_none());
        }
        assert!(Stored { fitted: None, ..good }.calibration().is_none());
    }
}

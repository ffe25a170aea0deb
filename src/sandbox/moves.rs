//! The same paths outside a slot and inside: put into a job on its way in, taken out of its output on
//! the way back.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::environment;
use super::job::{Job, Run};
use super::slots::Slot;
use super::workspace::Ground;

/// A job as it runs in `slot`: its environment in full, and its arguments.
pub(super) fn inside(
    moves: &Moves,
    ground: &Ground,
    slot: &Slot,
    job: &Job,
) -> (Vec<(OsString, OsString)>, Vec<OsString>) {
    let at = |name: &str| slot.dir().join(name).to_string_lossy().into_owned();
    let mut env = ground.environment(job, &slot.tree(), &at("home"), &at("tmp"), &at("side"));
    for (name, value) in &mut env {
        // The interpreter of an environment knows itself by its real place.
        if name != "VIRTUAL_ENV" {
            *value = moves.inward(value);
        }
    }
    private_caches(&mut env, slot, &ground.build_dirs);
    (env, job.argv.iter().map(|arg| moves.inward(arg)).collect())
}

/// Shows the run as if it had been in the user's tree.
pub(super) fn outside(moves: &Moves, mut run: Run) -> Run {
    for text in [&mut run.output, &mut run.stdout, &mut run.stderr] {
        *text = moves.outward(text);
    }
    run.side.values_mut().for_each(|text| *text = moves.outward(text));
    run
}

/// Sends builds that would write outside the slot to the slot's own cache.
fn private_caches(env: &mut Vec<(OsString, OsString)>, slot: &Slot, configured: &[PathBuf]) {
    let cache = slot.dir().join("cache");
    for name in ["CARGO_BUILD_BUILD_DIR", "CARGO_TARGET_DIR", "GOCACHE"] {
        let value = env.iter().find(|(n, _)| n == name).map(|(_, value)| Path::new(value));
        let outside = match value {
            Some(path) => path.is_absolute() && !path.starts_with(slot.dir()),
            None => name != "GOCACHE" && !configured.is_empty(),
        };
        if outside {
            environment::set(env, OsStr::new(name), cache.join(name).as_os_str());
        }
    }
}

/// Paths of the user's tree and of the slot, one put for the other.
#[derive(Debug)]
pub(super) struct Moves {
    /// Outside, inside.
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Moves {
    pub(super) fn new(ground: &Ground, slot: &Slot) -> Self {
        let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
        let mut pairs = vec![
            (bytes(&ground.cache()), bytes(&slot.dir().join("cache"))),
            (bytes(&ground.root), bytes(&slot.tree())),
        ];
        if ground.given != ground.root && ground.given.is_absolute() {
            pairs.push((bytes(&ground.given), bytes(&slot.tree())));
        }
        Self { pairs }
    }

    fn inward(&self, text: &OsStr) -> OsString {
        let mut bytes = text.as_bytes().to_vec();
        for (outside, inside) in &self.pairs {
            // A tree that holds the scratch directory must not be moved twice.
            if !contains(&bytes, inside) {
                bytes = replace(&bytes, outside, inside);
            }
        }
        OsString::from_vec(bytes)
    }

    fn outward(&self, text: &[u8]) -> Vec<u8> {
        let mut bytes = text.to_vec();
        for (outside, inside) in &self.pairs {
            bytes = replace(&bytes, inside, outside);
        }
        bytes
    }
}

fn contains(text: &[u8], path: &[u8]) -> bool {
    text.windows(path.len()).any(|window| window == path)
}

/// Replaces `from` where it is a whole path or the start of one.
fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&first) = rest.first() {
        let next = rest.get(from.len());
        let ends =
            !next.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        if rest.starts_with(from) && ends {
            out.extend_from_slice(to);
            rest = &rest[from.len()..];
        } else {
            out.push(first);
            rest = &rest[1..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn only_whole_paths_are_replaced() {
        let text = b"/a/tree/x:/a/tree:/a/trees -I/a/tree";
        assert_eq!(replace(text, b"/a/tree", b"/s"), b"/s/x:/s:/a/trees -I/s");
    }
}

//! Replays the inputs that fuzzing kept (`fuzz/corpus`), and a cheap round of its own from them.

#![allow(clippy::disallowed_methods, reason = "test helpers")]

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::path::{Path, PathBuf};

/// Mutants of each kept input.
const MUTANTS: u64 = 6;

fn inputs(target: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("listed").path()).collect();
    paths.sort();
    paths
}

/// A small change that depends on `seed` alone.
fn mutant(input: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = input.to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..=seed % 4 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let at = usize::try_from(state >> 33).unwrap_or(0) % (bytes.len() + 1);
        match state % 4 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, (state >> 8) as u8),
            2 if at < bytes.len() => bytes[at] ^= 1 << (state >> 8 & 7),
            _ if at < bytes.len() => drop(bytes.remove(at)),
            _ => bytes.extend_from_within(..at.min(64)),
        }
    }
    bytes
}

#[test]
fn every_target_survives_what_was_kept_and_its_mutants() {
    for (name, body) in bodies::TARGETS {
        let inputs = inputs(name);
        assert!(inputs.len() >= 5, "{name} has too few kept inputs");
        for path in &inputs {
            // A panic names the input that caused it.
            println!("{name}: {}", path.display());
            let input = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            body(&input);
            for seed in 1..=MUTANTS {
                println!("  mutant {seed}");
                body(&mutant(&input, seed));
            }
        }
    }
}

#[test]
fn mutants_differ() {
    let input = b"some text to change";
    let changed = (1..=20).filter(|seed| mutant(input, *seed) != input).count();
    assert!(changed >= 18, "{changed}");
}

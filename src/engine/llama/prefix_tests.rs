//! Saved states: always the same words as without them, whatever happened to the files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::tests::{fixture, generate, launch, request, same};
use crate::base::Cancel;
use crate::base::fs::{read, write};
use crate::engine::{Client, Completion, Engine as _, LoadOptions, PrefixCache, Usage};

const SOURCE: &str = include_str!("prefix.rs");

fn open(model: &str, cache: Option<PrefixCache>) -> Client {
    let options =
        LoadOptions { context: 512, threads: Some(1), cache, ..LoadOptions::new(fixture(model)) };
    Client::load(launch, options, &Cancel::new()).unwrap()
}

fn cache(dir: &Path, bytes: u64) -> PrefixCache {
    PrefixCache { dir: dir.to_owned(), bytes, worth: Duration::ZERO }
}

/// What a new engine with this cache answers, and what it took.
fn answer(model: &str, dir: &Path, prompt: &str) -> (Vec<Completion>, Usage) {
    let mut engine = open(model, Some(cache(dir, 1 << 30)));
    let list = generate(&mut engine, &request(prompt));
    (list, engine.usage())
}

fn plain(model: &str, prompt: &str) -> Vec<Completion> {
    generate(&mut open(model, None), &request(prompt))
}

fn prompt(from: usize, length: usize) -> String {
    SOURCE[from..].chars().filter(char::is_ascii).take(length).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn a_new_process_goes_on_where_another_was() {
    for model in ["tiny-llama.gguf", "tiny-qwen2.gguf"] {
        let dir = tempfile::tempdir().unwrap();
        let long = prompt(0, 400);
        let (first, usage) = answer(model, dir.path(), &long);
        assert_eq!((usage.kept, usage.restored), (0, 0));
        let [file] = files(dir.path()).try_into().unwrap();
        assert!(file.extension().unwrap() == "kv");
        same(&first, &plain(model, &long));
        let (again, usage) = answer(model, dir.path(), &long);
        same(&again, &first);
        // All but the last token, which is computed for its logits.
        assert_eq!(usage.restored, usage.prompt - 1);
        // Longer, shorter, and parting in the middle: what is shared is used.
        let longer = format!("{long}{}", prompt(900, 100));
        let parting = format!("{}{}", &long[..250], prompt(1500, 150));
        for other in [longer.as_str(), &long[..200], &parting] {
            let (found, usage) = answer(model, dir.path(), other);
            same(&found, &plain(model, other));
            assert!(usage.restored > 60 && usage.restored < usage.prompt, "{usage:?}");
        }
        let (found, usage) = answer(model, dir.path(), &prompt(2000, 400));
        same(&found, &plain(model, &prompt(2000, 400)));
        assert!(usage.restored < 5, "{usage:?}");
    }
}

#[test]
fn what_is_on_disk_is_not_saved_again() {
    let dir = tempfile::tempdir().unwrap();
    let long = prompt(0, 400);
    answer("tiny-llama.gguf", dir.path(), &long);
    let (before, time) = (files(dir.path()), files(dir.path())[0].metadata().unwrap().modified());
    answer("tiny-llama.gguf", dir.path(), &format!("{long} and"));
    assert_eq!(files(dir.path()), before);
    assert!(before[0].metadata().unwrap().modified().unwrap() >= time.unwrap());
    answer("tiny-llama.gguf", dir.path(), &prompt(3000, 400));
    assert_eq!(files(dir.path()).len(), 2);
    // Nor what was computed quickly.
    let dear = PrefixCache { worth: Duration::from_secs(3600), ..cache(dir.path(), 1 << 30) };
    generate(&mut open("tiny-llama.gguf", Some(dear)), &request(&prompt(5000, 400)));
    assert_eq!(files(dir.path()).len(), 2);
}

#[test]
fn damaged_files_cost_time_and_nothing_else() {
    let model = "tiny-llama.gguf";
    let dir = tempfile::tempdir().unwrap();
    let long = prompt(0, 300);
    let (expected, _) = answer(model, dir.path(), &long);
    let [file] = files(dir.path()).try_into().unwrap();
    let good = read(&file).unwrap();
    let size = good.len();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x20;
        bytes
    };
    let mut cases = vec![Vec::new(), vec![0; 7], b"\x00".repeat(size), good[..size - 1].to_vec()];
    cases.extend([good[..size / 2].to_vec(), [&good[..], b"x"].concat(), good[..12].to_vec()]);
    // Magic, version, number of tokens, a token, cells, hash, length, mark.
    cases.extend(
        [0, 4, 8, 11, 40, size / 3, size / 2, size - 60, size - 40, size - 12, size - 3]
            .map(flipped),
    );
    for (number, bytes) in cases.into_iter().enumerate() {
        let damaged = bytes != good;
        write(&file, bytes).unwrap();
        let (found, usage) = answer(model, dir.path(), &long);
        same(&found, &expected);
        assert!(damaged && usage.restored < 60, "case {number}: {usage:?}");
        // A good one stands there again.
        let (found, usage) = answer(model, dir.path(), &long);
        same(&found, &expected);
        assert!(usage.restored > 100, "case {number}: {usage:?}");
        for other in files(dir.path()) {
            std::fs::remove_file(other).unwrap();
        }
    }
}

#[test]
fn a_state_of_another_model_is_foreign() {
    let long = prompt(0, 300);
    let (llama, qwen) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    answer("tiny-llama.gguf", llama.path(), &long);
    let [file] = files(llama.path()).try_into().unwrap();
    // In the directory of another model it is not believed, were it of the same shape.
    for model in ["tiny-qwen2.gguf", "tiny-llama.gguf"] {
        std::fs::copy(&file, qwen.path().join(file.file_name().unwrap())).unwrap();
        let (found, usage) = answer(model, qwen.path(), &long);
        same(&found, &plain(model, &long));
        assert!(usage.restored < 60, "{usage:?}");
        files(qwen.path()).iter().for_each(|file| std::fs::remove_file(file).unwrap());
    }
}

#[test]
fn the_least_recently_used_go_first() {
    let dir = tempfile::tempdir().unwrap();
    let model = "tiny-llama.gguf";
    let prompts: Vec<String> = (0..4).map(|n| prompt(1000 * n, 350)).collect();
    answer(model, dir.path(), &prompts[0]);
    let size = files(dir.path())[0].metadata().unwrap().len();
    let room = cache(dir.path(), size * 5 / 2);
    let ask = |prompt: &str| {
        let mut engine = open(model, Some(room.clone()));
        generate(&mut engine, &request(prompt));
        // Files of the same moment cannot be told apart.
        let old = SystemTime::now() - Duration::from_secs(60);
        for file in files(dir.path()) {
            let about = file.metadata().unwrap().modified().unwrap();
            let time = about.min(old) - Duration::from_secs(60);
            File::options().append(true).open(&file).unwrap().set_modified(time).unwrap();
        }
        engine.usage().restored > 60
    };
    assert!(!ask(&prompts[1]));
    assert!(ask(&prompts[0]));
    // Two have room; the second was used before the first.
    assert!(!ask(&prompts[2]));
    assert!(ask(&prompts[0]));
    assert!(!ask(&prompts[1]));
    assert!(files(dir.path()).len() == 2);
    let tiny = cache(dir.path(), 1000);
    generate(&mut open(model, Some(tiny)), &request(&prompts[3]));
    assert!(files(dir.path()).len() == 2, "larger than the cache may be");
}

#[test]
fn memory_keeps_what_another_prompt_displaced() {
    let mut engine = open("tiny-llama.gguf", None);
    let (one, two) = (prompt(0, 480), prompt(4000, 480));
    let first = generate(&mut engine, &request(&one));
    assert!(engine.usage().prompt > 260, "{:?}", engine.usage());
    let second = generate(&mut engine, &request(&two));
    for _ in 0..3 {
        same(&generate(&mut engine, &request(&one)), &first);
        assert!(engine.usage().kept > 250, "{:?}", engine.usage());
        same(&generate(&mut engine, &request(&two)), &second);
        assert!(engine.usage().kept > 250, "{:?}", engine.usage());
    }
}

#[test]
fn two_share_a_directory_and_remains_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let model = "tiny-llama.gguf";
    let prompts: Vec<String> = (0..3).map(|n| prompt(700 * n, 300)).collect();
    let expected: Vec<_> = prompts.iter().map(|prompt| plain(model, prompt)).collect();
    std::thread::scope(|scope| {
        for number in 0..2 {
            let (dir, prompts, expected) = (dir.path(), &prompts, &expected);
            scope.spawn(move || {
                for round in 0..6 {
                    let which = (round + number) % prompts.len();
                    let mut engine = open(model, Some(cache(dir, 200_000)));
                    same(&generate(&mut engine, &request(&prompts[which])), &expected[which]);
                }
            });
        }
    });
    let (old, new) = (dir.path().join("1-a.9.part"), dir.path().join("1-b.9.part"));
    write(&old, "x").unwrap();
    write(&new, "x").unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    File::options().append(true).open(&old).unwrap().set_modified(long_ago).unwrap();
    answer(model, dir.path(), "x");
    assert!(!old.exists() && new.exists());
}

#[test]
fn a_directory_that_cannot_be_written_is_no_trouble() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    write(&file, "x").unwrap();
    let long = prompt(0, 300);
    for place in [file, dir.path().join("nowhere")] {
        let (found, usage) = answer("tiny-llama.gguf", &place, &long);
        same(&found, &plain("tiny-llama.gguf", &long));
        assert_eq!(usage.restored, 0);
    }
}

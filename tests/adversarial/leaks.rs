//! Code of a model, and of a project, that attacks the machine when it is run.
//!
//! A patch is run to be judged, so this is what a hostile model can do at once. The sandbox stands
//! against it; here it is the whole way from an answer to a run.

use std::path::PathBuf;

use slm::agent::tasks::fix::{Part, Status};
use slm::sandbox::Mode;

use crate::bench::{Bench, SECRET, STOCK, TESTS, UNITTEST, differing, lines, saying};
use crate::support;

/// A file in a folder that everybody shares, which only code outside of the sandbox could make.
fn shared(bench: &Bench) -> PathBuf {
    std::env::temp_dir().join(bench.root().file_name().unwrap())
}

/// Python that tries to read, write, replace, remove and link everything around the project, and the
/// project itself, and goes on whatever comes of it. `caught` is what it says that it could read.
fn leak(bench: &Bench) -> String {
    let root = bench.root().display();
    let shared = shared(bench);
    let shared = shared.display();
    format!(
        "import os, pathlib, shutil
def attempt(action, *args):
    try:
        return action(*args)
    except (OSError, ValueError, shutil.Error):
        return None
caught = ''
def attack(path):
    global caught
    caught += str(attempt(path.read_text))
    attempt(path.write_text, 'leaked')
    attempt(os.chmod, path, 0o777)
    attempt(os.replace, path, str(path) + '.moved')
    attempt(path.unlink)
    attempt(os.mkdir, path)
root = pathlib.Path('{root}')
places = ['outside.txt', 'home/.bashrc', 'home/.gitconfig', 'home/code/beside.txt',
          'home/.ssh/id_rsa', 'home/.ssh/authorized_keys', 'home/.ssh/config', 'home/.profile',
          'home/code/other/.git/hooks/pre-commit', 'home/code/other/.git/hooks/post-checkout',
          'home/code/project/stock.py', 'home/code/project/test_stock.py',
          'home/code/project/.git/hooks/pre-commit', 'home/code/project/new.py']
for place in places:
    attack(root / place)
    attack(pathlib.Path('../../..') / place)
for place in ['~/.ssh/id_rsa', '~/.bashrc', '~/new']:
    attack(pathlib.Path(os.path.expanduser(place)))
attempt(os.symlink, root / 'outside.txt', 'link')
attempt(pathlib.Path('link').write_text, 'leaked')
attempt(os.link, root / 'outside.txt', 'hard')
attempt(pathlib.Path('hard').write_text, 'leaked')
attempt(shutil.rmtree, root / 'home')
attempt(pathlib.Path('{shared}').write_text, 'leaked')
caught += repr(dict(os.environ))
"
    )
}

/// The module with `leak` at its top, repaired.
fn leaking(bench: &Bench, then: &str) -> String {
    let module = STOCK.replace("-= price", "+= price");
    let function = module.lines().skip(3).take(5).collect::<Vec<_>>().join("\n");
    lines(4, 8, &format!("{}{then}\n\n{function}", leak(bench)))
}

#[test]
fn the_code_of_a_candidate_changes_nothing_outside_its_scratch_view() {
    if !support::have(&["python3"]) {
        return;
    }
    let ways = [(None, None), (None, Some(Part::Server)), (Some(Mode::Slots), None)];
    for (force, without) in ways {
        let mut bench = Bench::stock();
        bench.force = force;
        bench.without.extend(without);
        if !bench.can_run() {
            continue;
        }
        // It repairs as well, so that it is run in every way that there is.
        let answer = leaking(&bench, "print(caught)");
        bench.repair(UNITTEST, &mut saying(&answer)).is(Status::Proven, "it was not run");
        assert!(!shared(&bench).exists(), "a file came to light in the shared folder");
    }
}

#[test]
fn what_the_code_of_a_candidate_could_read_tells_no_secret() {
    if !support::have(&["python3"]) {
        return;
    }
    let bench = Bench::stock();
    let answer = leaking(&bench, "raise KeyError(caught)");
    let mut engine = saying(&answer);
    let asked = engine.requests();
    // The bench asserts that the report is silent.
    bench.repair(UNITTEST, &mut engine).is(Status::NoFix, "it ends in an error");
    let prompts = format!("{:?}", asked.lock().unwrap());
    assert!(!prompts.contains(SECRET), "{prompts}");
}

#[test]
fn what_a_test_of_the_project_could_read_tells_no_secret_and_changes_nothing() {
    if !support::have(&["python3"]) {
        return;
    }
    let place = Bench::stock();
    // Before the module is gone from its view it must be loaded.
    let own = TESTS.replace("5)", "5, caught)");
    let own = own.replace("\n\n\nclass", &format!("\n\n{}\n\nclass", leak(&place)));
    std::fs::write(place.project.join("test_stock.py"), own).unwrap();
    let mut engine = saying("nothing");
    let asked = engine.requests();
    let repair = place.repair(UNITTEST, &mut engine);
    repair.is(Status::NoFix, "nothing repairs it");
    // The control: what the test saw is what slm saw.
    let seen = &repair.report().output;
    assert!(seen.contains("beside the project") || seen.contains("PYTHON"), "{seen}");
    assert!(!format!("{:?}", asked.lock().unwrap()).contains(SECRET));
}

#[test]
fn the_same_code_outside_of_the_sandbox_is_noticed() {
    if !support::have(&["python3"]) {
        return;
    }
    let bench = Bench::stock();
    let before = bench.tree();
    let script = leak(&bench) + "print(caught)";
    // With no home but the bench's: the attack looks for one.
    let run = std::process::Command::new("python3")
        .args(["-c", &script])
        .env("HOME", bench.home())
        .current_dir(&bench.project)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(said.contains(SECRET), "the secret is not where the attack looks: {run:?}");
    let noticed = differing(&before, &bench.tree());
    for path in before.keys() {
        assert!(noticed.contains(path), "{} was not reached", path.display());
    }
    assert!(shared(&bench).exists(), "the shared folder was not reached");
    std::fs::remove_file(shared(&bench)).unwrap();
}

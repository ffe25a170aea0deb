//! The review pane of a refactoring: the checks beside the diff, and what its keys do.

use std::time::Duration;

use super::support::snapshot;
use super::terminal::Terminal;

const SHOP: &str =
    "def net(items):\n    return sum(items)\n\n\ndef gross(items):\n    return net(items) * 2\n";
const TEST: &str = "import unittest\n\nfrom shop import gross\n\n\nclass Shop(unittest.TestCase):\n    def \
                    test_gross(self):\n        self.assertEqual(gross([1, 2]), 6)\n";

fn open(columns: u16, rows: u16) -> Option<Terminal> {
    Terminal::open((columns, rows), |env| env.project(&[("shop.py", SHOP), ("test_shop.py", TEST)]))
}

impl Terminal {
    /// Starts a rename that the tests reach.
    fn refactor(&self) {
        let slm = env!("CARGO_BIN_EXE_slm");
        let step = "refactor shop.py --symbol net --rename net_of -- python3 -m unittest -q";
        self.type_line(&format!("clear; {slm} {step}; echo code=$?"));
        self.wait("the same before and after", 1);
        // A key that was meant for the screen before must not apply it.
        std::thread::sleep(Duration::from_millis(1_000));
    }
}

#[test]
fn a_step_is_reviewed_with_its_checks_and_applied() {
    let Some(terminal) = open(130, 40) else { return };
    terminal.refactor();
    let shown = terminal.wait("slm refactor", 1);
    for part in
        ["def net_of(items)", "tests", "2 of 2 changed places", "exact refactoring", "checks ended"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    terminal.keys(&["Enter"]);
    terminal.wait("code=0", 1);
    let now = std::fs::read_to_string(terminal.project.join("shop.py")).unwrap();
    assert_eq!(now, SHOP.replace("net(", "net_of("));
    terminal.is_restored();
}

#[test]
fn a_step_that_is_left_changes_nothing() {
    let Some(terminal) = open(100, 30) else { return };
    let before = snapshot(&terminal.project);
    terminal.refactor();
    terminal.keys(&["q"]);
    terminal.wait("code=1", 1);
    terminal.is_restored();
    assert_eq!(snapshot(&terminal.project), before);
}

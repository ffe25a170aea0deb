//! The fix screen with a made-up search behind it, to try it in a terminal:
//! `cargo run --example review`. Arguments: `panic` ends it by a panic after two seconds, `slow`
//! finds nothing for a minute, `text` prints the text form.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, unbounded};
use slm::agent::proposal::{Caution, Evidence, Place, Progress, Proposal, Stage, Tier, Verdict};
use slm::base::{Cancel, Line, RepoPath};
use slm::edit::Patch;
use slm::tui::{
    Colours, FixScreen, FixSession, Glyphs, Look, ProgressLine, is_usable, render_proposal, run,
};

const BEFORE: &str = "\
def reorder(stock, limit):
    \"\"\"Names of what must be ordered again.\"\"\"
    names = [name for name, count in stock.items() if count < limit]
    return sorted(names)
";

fn main() -> anyhow::Result<()> {
    let wish = std::env::args().nth(1).unwrap_or_default();
    let variable = |name: &str| std::env::var_os(name);
    let term = std::env::var("TERM").ok();
    let look = Look {
        colours: Colours::choose(
            variable("NO_COLOR").as_deref(),
            variable("TERM").as_deref(),
            variable("COLORTERM").as_deref(),
        ),
        glyphs: Glyphs::choose([
            variable("LC_ALL").as_deref(),
            variable("LC_CTYPE").as_deref(),
            variable("LANG").as_deref(),
        ]),
    };
    let mut out = std::io::stdout();
    let cancel = Cancel::with_deadline(Instant::now() + Duration::from_secs(60));
    let (sender, progress) = unbounded();
    let (searching, slow) = (cancel.clone(), wish == "slow");
    let search = thread::spawn(move || search(&sender, &searching, slow));
    if wish == "text" || !is_usable(term.as_deref()) {
        let mut line = ProgressLine::new(look, term.as_deref());
        let mut found = Vec::new();
        for report in progress {
            line.update(&report);
            if let Progress::Found(proposal) = report {
                found.push(proposal);
            }
        }
        line.finish();
        for proposal in found {
            writeln!(out, "{}", render_proposal(&proposal, look.colours))?;
        }
        return Ok(());
    }
    if wish == "panic" {
        thread::spawn(|| {
            thread::sleep(Duration::from_secs(1));
            panic!("a worker fails");
        });
    }
    let interrupt = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupt))?;
    }
    let command = "pytest -q tests/test_stock.py".to_owned();
    let mut session = FixSession::new(FixScreen { command, progress, cancel, interrupt, look });
    let decision = run(&mut session)?;
    writeln!(out, "{decision:?}, rejected {:?}, notes {:?}", session.rejected(), session.notes())?;
    let _ = search.join();
    Ok(())
}

fn search(sender: &Sender<Progress>, cancel: &Cancel, slow: bool) {
    let say = |progress| {
        let _ = sender.send(progress);
    };
    let pause = |milliseconds| thread::sleep(Duration::from_millis(milliseconds));
    pause(400);
    say(Progress::Failure("exit 1: AssertionError: assert ['nuts'] == ['bolts', 'nuts']".into()));
    say(Progress::Stage(Stage::Localising));
    pause(400);
    say(Progress::Stage(Stage::Searching));
    let end = if slow { 6_000 } else { 700 };
    for checked in 0..end {
        if cancel.is_cancelled() {
            return;
        }
        pause(10);
        say(Progress::Candidates { generated: checked * 2 + 20, checked });
        say(Progress::Trying(format!("shop/stock.py:3, candidate {checked}")));
        if !slow && checked == 150 {
            say(Progress::Found(Box::new(proposal(1, "count <= limit", "`<` becomes `<=`"))));
        }
        if !slow && checked == 300 {
            let mut second = proposal(2, "count <= int(limit)", "`limit` becomes `int(limit)`");
            second.verdict = Verdict::Unverified;
            second.tier = Tier::Model;
            second.cautions.push(Caution::DeletesCode);
            say(Progress::Found(Box::new(second)));
        }
    }
    say(Progress::Stage(Stage::Done));
}

fn proposal(id: usize, new: &str, title: &str) -> Proposal {
    let path = RepoPath::new("shop/stock.py").expect("a plain path");
    Proposal {
        id,
        tier: Tier::Transform,
        title: title.to_owned(),
        patch: Patch::of_text(path.clone(), BEFORE, &BEFORE.replace("count < limit", new)),
        diff: String::new(),
        verdict: Verdict::Proven,
        evidence: Evidence {
            command: "pytest -q tests/test_stock.py".to_owned(),
            before: "exit 1: AssertionError: assert ['nuts'] == ['bolts', 'nuts']".to_owned(),
            after: "exit 0, 12 passed".to_owned(),
            elapsed: Duration::from_millis(412),
            places: vec![Place {
                path,
                line: Line(3),
                function: Some("reorder".to_owned()),
                suspicion: 0.92,
                reason: "executed only by the failing test".to_owned(),
            }],
            wider: Some("pytest: 148 passed".to_owned()),
            notes: Vec::new(),
        },
        cautions: Vec::new(),
    }
}

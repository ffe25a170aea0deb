//! Text that wants to harm the terminal or its reader, and text that is simply too much.

use super::*;
use crate::tui::plain::render_proposal;

const NASTY: &str = "x\x1b]52;c;aGk=\x07\x1b[2J\x1b[31m\u{9b}1m\u{202e}evil\u{2066}\u{200b}\r\x08y";

fn nasty() -> Proposal {
    let place = &proven().evidence.places[0];
    Proposal {
        title: NASTY.to_owned(),
        patch: Patch::of_text(path("a.py"), &format!("{NASTY}\n"), &format!("{NASTY}{NASTY}\n")),
        evidence: Evidence {
            command: NASTY.to_owned(),
            before: NASTY.to_owned(),
            after: NASTY.to_owned(),
            places: vec![Place {
                reason: NASTY.to_owned(),
                function: Some(NASTY.to_owned()),
                ..place.clone()
            }],
            wider: Some(NASTY.to_owned()),
            notes: vec![NASTY.to_owned()],
            ..Evidence::default()
        },
        cautions: vec![Caution::Regresses(vec![NASTY.to_owned()])],
        ..proven()
    }
}

fn assert_tame(bench: &mut Bench) {
    for (width, height) in [(80, 24), (200, 60), (40, 12)] {
        for key in [KeyCode::Tab, KeyCode::Char('a'), KeyCode::Char('q')] {
            let terminal = bench.draw(width, height, LOOK);
            for cell in &terminal.backend().buffer().content {
                let bad = |c: char| c.is_control() || NASTY.contains(c) && !c.is_ascii();
                assert!(!cell.symbol().chars().any(bad), "{:?}", cell.symbol());
            }
            bench.key(key);
        }
    }
}

#[test]
fn no_escape_reaches_a_cell() {
    let mut bench = Bench::reviewing([nasty()]);
    bench.app.command = NASTY.to_owned();
    bench.progress(Progress::Note(NASTY.to_owned()));
    assert_tame(&mut bench);
    let mut bench = Bench::new();
    bench.app.command = NASTY.to_owned();
    bench.progress(Progress::Failure(NASTY.to_owned()));
    bench.progress(Progress::Trying(NASTY.to_owned()));
    bench.progress(Progress::Note(NASTY.to_owned()));
    assert_tame(&mut bench);
}

/// Lets through only text, line feeds, tabs and "select graphic rendition".
struct OnlyStyles(bool);

impl vte::Perform for OnlyStyles {
    fn execute(&mut self, byte: u8) {
        self.0 &= matches!(byte, b'\n' | b'\t');
    }
    fn csi_dispatch(&mut self, _: &vte::Params, _: &[u8], _: bool, action: char) {
        self.0 &= action == 'm';
    }
    fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
        self.0 = false;
    }
    fn esc_dispatch(&mut self, _: &[u8], _: bool, _: u8) {
        self.0 = false;
    }
    fn hook(&mut self, _: &vte::Params, _: &[u8], _: bool, _: char) {
        self.0 = false;
    }
}

#[test]
fn plain_text_holds_only_our_own_sequences() {
    for colours in [Colours::None, Colours::Basic, Colours::Indexed] {
        let text = render_proposal(&nasty(), colours);
        let mut seen = OnlyStyles(true);
        vte::Parser::new().advance(&mut seen, text.as_bytes());
        assert!(seen.0, "{text:?}");
        assert_eq!(text.contains('\x1b'), colours != Colours::None);
        assert!(!text.contains('\u{202e}'));
    }
    // The control: the watcher does notice.
    let mut seen = OnlyStyles(true);
    vte::Parser::new().advance(&mut seen, NASTY.as_bytes());
    assert!(!seen.0);
}

#[test]
fn too_much_of_everything_is_cut_to_the_window() {
    let line = "value = call(argument)\t".repeat(450_000);
    let many = |mark: &str| (0..5_000).map(|n| format!("{mark} {n}\n")).collect::<String>();
    let long = Proposal {
        title: line.clone(),
        patch: Patch::of_text(path("a.py"), &format!("{line}\n"), &format!("{line}!\n")),
        evidence: Evidence {
            before: line.clone(),
            after: "line\n".repeat(100_000),
            places: vec![proven().evidence.places[0].clone(); 10_000],
            notes: vec![line.clone(); 3],
            ..Evidence::default()
        },
        cautions: vec![Caution::Regresses(vec!["tests/test_a.py::test_b".to_owned(); 50_000])],
        ..proven()
    };
    let tall = Proposal {
        id: 2,
        patch: Patch::of_text(path("b.py"), &many("old"), &many("new")),
        ..proven()
    };
    let mut bench = Bench::reviewing([long, tall]);
    for _ in 0..50 {
        bench.text(80, 24);
        bench.press('l');
        bench.key(KeyCode::PageDown);
    }
    assert!(bench.app.view.evidence.0 < 200, "{:?}", bench.app.view);
    bench.press('p');
    assert_eq!(bench.app.selected, Some(2));
    bench.press('0');
    bench.press('G');
    let shown = bench.text(80, 24);
    assert!(shown.contains("new 4999"), "{shown}");
    let text = render_proposal(&bench.app.candidates[1].proposal, Colours::None);
    assert!(text.len() < 100_000, "{}", text.len());
}

#[test]
fn wide_characters_and_tabs_stay_in_their_columns() {
    let before = "\tname = \"日本語のテキスト\"\t# ok\n";
    let after = "\tname = \"日本語の文\"\t# ok\n";
    let patch = Patch::of_text(path("a.py"), before, after);
    let mut bench = Bench::reviewing([Proposal { patch, ..proven() }]);
    for side in 0..12 {
        bench.app.scroll.side = Some(side);
        for width in 30..100 {
            // Every row ends in the frame of its pane: nothing pushed it out.
            let terminal = bench.draw(width, 12, LOOK);
            let buffer = terminal.backend().buffer();
            for y in 3..10 {
                assert_eq!(buffer[(width - 1, y)].symbol(), "│", "width {width}, row {y}");
            }
        }
    }
}

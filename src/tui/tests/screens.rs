//! What the screens look like, and that colours are never all there is.

use insta::assert_snapshot;
use ratatui::style::Color;

use super::*;
use crate::tui::plain::render_proposal;

fn searching() -> Bench {
    let mut bench = Bench::new();
    bench.progress(Progress::Failure("AssertionError: assert ['nuts'] == ['bolts']".to_owned()));
    bench.progress(Progress::Stage(Stage::Searching));
    bench.progress(Progress::Candidates { generated: 10, checked: 0 });
    bench.wait(4_000);
    bench.progress(Progress::Candidates { generated: 340, checked: 120 });
    bench.progress(Progress::Trying("shop/stock.py:10 `<` becomes `>`".to_owned()));
    bench.progress(Progress::Note("no model is loaded: rules and transformations only".to_owned()));
    bench
}

fn review() -> Bench {
    let mut bench = Bench::reviewing([proven(), doubtful()]);
    bench.progress(Progress::Candidates { generated: 340, checked: 120 });
    bench
}

#[test]
fn progress_80x24() {
    assert_snapshot!(searching().text(80, 24));
}

#[test]
fn progress_40x12() {
    assert_snapshot!(searching().text(40, 12));
}

#[test]
fn review_80x24() {
    assert_snapshot!(review().text(80, 24));
}

#[test]
fn review_200x60() {
    assert_snapshot!(review().text(200, 60));
}

#[test]
fn review_40x12() {
    assert_snapshot!(review().text(40, 12));
}

#[test]
fn evidence_40x12() {
    let mut bench = review();
    bench.key(KeyCode::Tab);
    assert_snapshot!(bench.text(40, 12));
}

#[test]
fn second_candidate_120x30() {
    let mut bench = review();
    bench.press('n');
    assert_snapshot!(bench.text(120, 30));
}

#[test]
fn split_at_120x24() {
    let mut bench = review();
    bench.text(120, 24);
    bench.press('n');
    bench.press('s');
    assert_snapshot!(bench.text(120, 24));
}

/// What the pane hears when it opens after the search, because the person was asked about an endpoint meanwhile:
/// everything at once.
fn delayed() -> Bench {
    let mut bench = searching();
    bench.progress(Progress::Note("sent to https://llm.corp/v1: 1 question".to_owned()));
    let title = "written by the model of the endpoint".to_owned();
    let found = Proposal { tier: Tier::Endpoint, title, ..proven() };
    bench.progress(Progress::Found(Box::new(found)));
    bench.send(Event::SearchEnded);
    bench
}

#[test]
fn delayed_with_an_endpoint_80x24() {
    let mut bench = delayed();
    // A key that was meant for the question does not decide.
    assert!(!matches!(bench.key(KeyCode::Enter), Effect::Finish(_)), "nobody has seen it yet");
    bench.wait(2_000);
    assert_snapshot!(bench.text(80, 24));
}

#[test]
fn confirm_80x24() {
    let mut bench = review();
    bench.press('n');
    bench.press('a');
    assert_snapshot!(bench.text(80, 24));
}

#[test]
fn help_80x24() {
    let mut bench = review();
    bench.press('?');
    assert_snapshot!(bench.text(80, 24));
}

#[test]
fn ascii_80x24() {
    let mut bench = review();
    bench.send(Event::SearchEnded);
    let shown = bench.draw(80, 24, Look::PLAIN).backend().to_string();
    assert!(shown.is_ascii(), "{shown}");
    assert_snapshot!(shown);
}

#[test]
fn every_size_down_to_nothing_draws() {
    for mut bench in [searching(), review()] {
        for width in [1, 2, 3, 5, 10, 20, 39, 40, 41, 59, 60, 61, 80, 109, 110, 139, 200] {
            for height in [1, 2, 3, 4, 7, 10, 11, 18, 19, 20, 24, 60] {
                for layer in [None, Some('?'), Some('a')] {
                    if let Some(key) = layer {
                        bench.press('n');
                        bench.press(key);
                    }
                    bench.text(width, height);
                    bench.app.layers.clear();
                }
            }
        }
    }
}

#[test]
fn the_smallest_promised_size_still_shows_change_and_verdict() {
    let shown = review().text(40, 10);
    for needed in ["1/2", "proven", "count <= li", "help"] {
        assert!(shown.contains(needed), "{needed} is not in\n{shown}");
    }
}

#[test]
fn no_color_means_none() {
    let mut bench = review();
    bench.press('n');
    bench.press('a');
    for (colours, expected) in
        [(Colours::None, false), (Colours::Basic, true), (Colours::Indexed, true)]
    {
        let look = Look { colours, glyphs: Glyphs::Unicode };
        let terminal = bench.draw(120, 30, look);
        let cells = &terminal.backend().buffer().content;
        let coloured = cells.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert_eq!(coloured, expected, "{colours:?}");
    }
}

#[test]
fn signs_and_underlines_tell_what_colours_tell() {
    let terminal = review().draw(120, 30, LOOK);
    let buffer = terminal.backend().buffer();
    let underlined: String = buffer
        .content
        .iter()
        .enumerate()
        .filter(|(at, _)| {
            let (_, y) = buffer.pos_of(*at);
            (1..29).contains(&y)
        })
        .filter(|(_, cell)| cell.modifier.contains(ratatui::style::Modifier::UNDERLINED))
        .map(|(_, cell)| cell.symbol())
        .collect();
    assert_eq!(underlined, "=");
}

#[test]
fn plain_text() {
    assert_snapshot!(render_proposal(&doubtful(), Colours::None));
}

#[test]
fn plain_text_in_colour() {
    assert_snapshot!(render_proposal(&proven(), Colours::Indexed).replace('\x1b', "<ESC>"));
}

//! Events in, state and effects out.

use super::*;
use crate::tui::FixDecision;
use crate::tui::app::{Focus, Run};
use crate::tui::layers::Layer;

#[test]
fn a_proven_candidate_is_applied_with_one_key() {
    for (code, decision) in [
        (KeyCode::Enter, FixDecision::Apply(1)),
        (KeyCode::Char('a'), FixDecision::Apply(1)),
        (KeyCode::Char('c'), FixDecision::ApplyAndCommit(1)),
        (KeyCode::Char('e'), FixDecision::Edit(1)),
    ] {
        let mut bench = Bench::reviewing([proven()]);
        assert_eq!(bench.key(code), Effect::Finish(decision));
    }
}

#[test]
fn doubt_is_asked_about_and_enter_is_no_answer() {
    let mut bench = Bench::reviewing([doubtful()]);
    assert_eq!(bench.key(KeyCode::Enter), Effect::None);
    let Some(Layer::Confirm(confirm)) = bench.app.layers.last() else { panic!("no question") };
    assert_eq!(confirm.reasons.len(), 2, "{confirm:?}");
    assert_eq!(bench.key(KeyCode::Enter), Effect::None);
    assert_eq!(bench.press('n'), Effect::None);
    assert!(bench.app.layers.is_empty());
    bench.press('c');
    assert_eq!(bench.press('y'), Effect::Finish(FixDecision::ApplyAndCommit(2)));
}

#[test]
fn regressions_and_swallowed_errors_are_asked_about() {
    for caution in [Caution::Regresses(vec!["t::a".to_owned()]), Caution::SwallowsError] {
        let mut bench = Bench::reviewing([Proposal { cautions: vec![caution], ..proven() }]);
        assert_eq!(bench.press('a'), Effect::None);
        assert_eq!(bench.app.layers.len(), 1);
    }
}

#[test]
fn a_question_ends_when_its_candidate_changes() {
    let mut bench = Bench::reviewing([doubtful()]);
    bench.press('a');
    let worse = Proposal { cautions: vec![Caution::Regresses(vec!["t".to_owned()])], ..doubtful() };
    bench.progress(Progress::Found(Box::new(worse)));
    assert!(bench.app.layers.is_empty());
    assert_eq!(bench.press('y'), Effect::None);
}

#[test]
fn a_key_meant_for_the_progress_screen_applies_nothing() {
    let mut bench = Bench::new();
    bench.progress(Progress::Found(Box::new(proven())));
    bench.wait(100);
    assert_eq!(bench.key(KeyCode::Enter), Effect::None);
    assert!(bench.app.notice.is_some());
    bench.wait(1_000);
    assert_eq!(bench.key(KeyCode::Enter), Effect::Finish(FixDecision::Apply(1)));
}

#[test]
fn the_best_is_shown_until_the_user_chooses() {
    let mut bench = Bench::reviewing([doubtful()]);
    assert_eq!(bench.app.selected, Some(2));
    bench.progress(Progress::Found(Box::new(proven())));
    assert_eq!(bench.app.selected, Some(1), "the proven one is better");
    bench.press('n');
    assert_eq!(bench.app.selected, Some(2));
    let third = Proposal { id: 3, ..proven() };
    bench.progress(Progress::Found(Box::new(third)));
    assert_eq!(bench.app.selected, Some(2), "the user has chosen");
    bench.press('p');
    assert_eq!(bench.app.selected, Some(3));
    bench.key(KeyCode::Up);
    assert_eq!(bench.app.selected, Some(1));
    bench.key(KeyCode::Up);
    assert_eq!(bench.app.selected, Some(1));
}

#[test]
fn a_proposal_sent_again_replaces_the_first() {
    let mut bench = Bench::reviewing([proven()]);
    let again = Proposal { cautions: vec![Caution::DeletesCode], ..proven() };
    bench.progress(Progress::Found(Box::new(again)));
    assert_eq!(bench.app.candidates.len(), 1);
    assert_eq!(bench.app.candidates[0].proposal.cautions.len(), 1);
}

#[test]
fn rejecting_moves_on_and_can_be_taken_back() {
    let mut bench = Bench::reviewing([proven(), Proposal { id: 3, ..proven() }, doubtful()]);
    bench.press('n');
    bench.press('x');
    assert_eq!((bench.app.rejected(), bench.app.selected), ([3].as_slice(), Some(2)));
    bench.press('r');
    assert_eq!(bench.app.selected, Some(1));
    bench.press('x');
    assert_eq!(bench.app.selected, None);
    assert_eq!(bench.key(KeyCode::Enter), Effect::None);
    assert!(bench.text(80, 24).contains("all rejected"));
    bench.press('u');
    assert_eq!((bench.app.rejected(), bench.app.selected), ([3, 2].as_slice(), Some(1)));
}

#[test]
fn leaving_offers_what_was_found_first() {
    for (leave, decision) in [('q', FixDecision::Quit), ('c', FixDecision::Interrupted)] {
        let mut bench = Bench::reviewing([proven()]);
        let press = |bench: &mut Bench| {
            if leave == 'c' { bench.control('c') } else { bench.press('q') }
        };
        assert_eq!(press(&mut bench), Effect::StopSearch);
        assert_eq!(bench.app.search.run, Run::Stopping);
        assert!(bench.app.notice.as_ref().unwrap().starts_with("Search stopped."));
        assert_eq!(press(&mut bench), Effect::Finish(decision));
    }
}

#[test]
fn leaving_with_nothing_found_or_nothing_running_is_at_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.key(KeyCode::Esc), Effect::Finish(FixDecision::Quit));
    assert_eq!(bench.control('c'), Effect::Finish(FixDecision::Interrupted));
    let mut bench = Bench::reviewing([proven()]);
    bench.send(Event::SearchEnded);
    assert_eq!(bench.press('q'), Effect::Finish(FixDecision::Quit));
    let mut bench = Bench::reviewing([proven()]);
    assert_eq!(bench.send(Event::Interrupted), Effect::Finish(FixDecision::Interrupted));
}

#[test]
fn ctrl_c_reaches_through_every_layer() {
    let mut bench = Bench::reviewing([doubtful()]);
    bench.send(Event::SearchEnded);
    bench.press('a');
    bench.press('?');
    assert_eq!(bench.control('c'), Effect::Finish(FixDecision::Interrupted));
}

#[test]
fn an_end_without_proposals_closes_the_screen() {
    let mut bench = Bench::new();
    let done = Progress::Stage(Stage::Done);
    assert_eq!(bench.progress(done.clone()), Effect::Finish(FixDecision::Quit));
    let mut bench = Bench::reviewing([proven()]);
    assert_eq!(bench.progress(done), Effect::None);
    assert_eq!(bench.send(Event::SearchEnded), Effect::None);
}

#[test]
fn modified_letters_decide_nothing() {
    let mut bench = Bench::reviewing([proven()]);
    for modifiers in [KeyModifiers::ALT, KeyModifiers::CONTROL] {
        for key in ['a', 'e', 'x'] {
            let event = Event::Key(KeyEvent::new(KeyCode::Char(key), modifiers));
            assert_eq!(bench.send(event), Effect::None);
        }
    }
    assert!(bench.app.rejected().is_empty());
    assert_eq!(bench.control('z'), Effect::Suspend);
    assert_eq!(bench.control('l'), Effect::Redraw);
}

#[test]
fn scrolling_stops_at_the_last_screenful() {
    let long = |mark: &str| (0..200).map(|n| format!("{mark} {n}\n")).collect::<String>();
    let patch = Patch::of_text(path("a.py"), &long("a"), &long("b"));
    let mut bench = Bench::reviewing([Proposal { patch, ..proven() }]);
    bench.text(80, 24);
    let (rows, fits) = bench.app.view.diff;
    assert_eq!(rows, 402);
    bench.press('G');
    assert_eq!(bench.app.scroll.diff, Some(rows - fits));
    bench.key(KeyCode::PageUp);
    assert_eq!(bench.app.scroll.diff, Some(rows - fits - (fits - 1)));
    bench.press('g');
    assert_eq!(bench.app.scroll.diff, Some(0));
    bench.key(KeyCode::Tab);
    bench.key(KeyCode::Tab);
    assert_eq!(bench.app.focus, Focus::Diff);
    bench.press('j');
    assert_eq!(bench.app.scroll.diff, Some(1));
    bench.press('l');
    assert_eq!(bench.app.scroll.side, Some(8));
    // A larger window shows more: the position moves up with it.
    bench.press('G');
    bench.text(80, 60);
    let (rows, fits) = bench.app.view.diff;
    assert_eq!(bench.app.scroll.diff, Some(rows - fits));
}

#[test]
fn split_follows_width_and_key() {
    let mut bench = Bench::reviewing([proven()]);
    bench.text(80, 24);
    assert!(!bench.app.view.split);
    bench.press('s');
    bench.text(80, 24);
    assert!(bench.app.view.split);
    bench.press('s');
    bench.text(220, 24);
    assert!(!bench.app.view.split);
    bench.text(40, 12);
    bench.press('s');
    assert!(bench.app.notice.as_ref().unwrap().contains("too narrow"));
}

#[test]
fn the_rate_counts_from_the_first_check() {
    let mut bench = Bench::new();
    bench.wait(10_000);
    bench.progress(Progress::Candidates { generated: 10, checked: 0 });
    assert_eq!(bench.app.rate(), None);
    bench.wait(2_000);
    bench.progress(Progress::Candidates { generated: 300, checked: 100 });
    assert_eq!(bench.app.rate(), Some(50.0));
}

#[test]
fn notes_are_kept_but_not_without_end() {
    let mut bench = Bench::new();
    for n in 0..1_000 {
        bench.progress(Progress::Note(format!("note {n}")));
    }
    assert_eq!(bench.app.search.notes.len(), 100);
    assert_eq!(bench.app.search.notes[99], "note 999");
}

#[test]
fn a_screen_shown_again_after_an_edit_has_nothing_left_to_stop() {
    let mut bench = Bench::reviewing([proven()]);
    assert_eq!(bench.press('e'), Effect::Finish(FixDecision::Edit(1)));
    bench.app.stop();
    bench.app.add(Proposal { title: "edited by hand".to_owned(), ..proven() });
    bench.app.reopen();
    bench.wait(1_000);
    assert!(bench.text(80, 24).contains("edited by hand"));
    assert_eq!(bench.press('q'), Effect::Finish(FixDecision::Quit));
}

//! What the screens look like at the sizes that are promised.

use insta::assert_snapshot;
use ratatui::style::Color;

use super::*;

/// Snapshots at 80x24 and 200x60.
macro_rules! both {
    ($name:literal, $bench:expr) => {{
        let mut bench = $bench;
        assert_snapshot!(concat!($name, "_80x24"), bench.text(80, 24));
        assert_snapshot!(concat!($name, "_200x60"), bench.text(200, 60));
    }};
}

fn absent() -> Bench {
    let why = "The model that comes with slm repairs code; it cannot chat.".to_owned();
    Bench::new(Conversation::new(Mode::Ask, Vec::new()).with_model(ModelState::Absent { why }))
}

fn loading() -> Bench {
    let name = "qwen2.5-coder-3b".to_owned();
    let model = ModelState::Loading { name };
    let mut bench = Bench::new(Conversation::new(Mode::Plan, Vec::new()).with_model(model));
    bench.keys("a question");
    bench.wait(300);
    bench
}

fn writing() -> Bench {
    let text = "The list is sorted **after** it is cut:\n\n```python\nreturn sorted(names)[:lim";
    let mut bench = Bench::new(talk().with_queue(&["and then the docs"]));
    bench.busy(streaming(text, "Where is it sorted? In reorder, I think."));
    bench.wait(3_200);
    bench
}

fn asking() -> Bench {
    let mut bench = Bench::new(talk());
    bench.busy(permission()).wait(700);
    bench
}

fn reviewing() -> Bench {
    let mut bench = Bench::new(talk());
    bench.busy(review(true)).wait(700).keys("<down> ");
    bench
}

fn searching() -> Bench {
    let mut bench = Bench::new(talk());
    bench.text(80, 24);
    bench.keys("<c-f>limit<enter>n");
    bench
}

#[test]
fn empty_without_a_model() {
    both!("absent", absent());
}

#[test]
fn loading_model() {
    both!("loading", loading());
}

#[test]
fn conversation_with_markdown_and_code() {
    both!("talk", Bench::new(talk()));
}

#[test]
fn conversation_unfolded() {
    let mut bench = Bench::new(talk());
    bench.keys("<c-o>");
    assert_snapshot!("unfolded_80x24", bench.text(80, 60));
}

#[test]
fn streaming_with_a_thought() {
    both!("streaming", writing());
}

#[test]
fn permission_layer() {
    both!("permission", asking());
}

#[test]
fn review_pane() {
    both!("review", reviewing());
}

#[test]
fn doubtful_review() {
    let mut bench = Bench::new(talk());
    bench.busy(review(false)).wait(700).keys("<enter>");
    assert_snapshot!("doubtful_80x24", bench.text(80, 24));
}

#[test]
fn completion_of_commands() {
    let mut bench = Bench::new(talk());
    bench.keys("/re");
    both!("commands", bench);
}

#[test]
fn completion_of_files() {
    let mut bench = Bench::new(talk());
    bench.keys("look at @app");
    both!("files", bench);
}

#[test]
fn search_in_the_transcript() {
    both!("search", searching());
}

#[test]
fn help_layer() {
    let mut bench = Bench::new(talk());
    bench.keys("?");
    both!("help", bench);
}

#[test]
fn in_ascii() {
    let mut bench = Bench::with_look(talk(), Look::PLAIN);
    bench.busy(streaming("half", "a thought")).wait(100);
    let shown = bench.text(80, 24);
    assert!(shown.is_ascii(), "{shown}");
    assert_snapshot!("ascii_80x24", shown);
}

#[test]
fn the_smallest_screen_still_shows_answer_and_composer() {
    let mut bench = Bench::new(talk());
    bench.keys("hi");
    let shown = bench.text(20, 5);
    for needed in ["Done.", "> hi", "ask"] {
        assert!(shown.contains(needed), "{needed} is not in\n{shown}");
    }
    let mut bench = asking();
    assert!(bench.text(20, 5).contains("y once"), "{}", bench.text(20, 5));
}

#[test]
fn every_size_down_to_nothing_draws() {
    let all: [fn() -> Bench; 7] =
        [absent, loading, writing, asking, reviewing, searching, || Bench::new(talk())];
    for make in all {
        let mut bench = make();
        for width in [1, 2, 3, 5, 10, 20, 40, 79, 200] {
            for height in [1, 2, 3, 4, 5, 8, 12, 24, 60] {
                bench.text(width, height);
            }
        }
        bench.keys("<f1>");
        for (width, height) in [(1, 1), (3, 2), (20, 5), (40, 4)] {
            bench.text(width, height);
        }
        bench.keys("<esc>/<tab>/@");
        for (width, height) in [(1, 1), (3, 2), (20, 5), (40, 4)] {
            bench.text(width, height);
        }
    }
}

#[test]
fn the_cursor_stands_where_the_next_letter_goes() {
    let mut bench = Bench::new(empty());
    bench.keys("日本<c-j>abc<left>");
    let mut terminal = bench.draw(80, 24);
    terminal.backend_mut().assert_cursor_position((4, 22));
    bench.keys("<c-f>wo");
    let mut terminal = bench.draw(80, 24);
    terminal.backend_mut().assert_cursor_position((10, 21));
}

#[test]
fn a_composer_that_has_room_again_shows_its_beginning() {
    let mut bench = Bench::new(empty());
    bench.keys("1<c-j>2<c-j>3<c-j>4<c-j>5");
    assert!(!bench.text(40, 10).contains("> 1"));
    assert!(bench.text(40, 40).contains("> 1"));
    bench.text(40, 10);
    bench.keys("<bs><bs><bs><bs>");
    assert!(bench.text(40, 10).contains("> 1"), "{}", bench.text(40, 10));
    bench.keys("<c-j>4<c-j>5");
    bench.text(40, 10);
    bench.keys("<c-p><c-p><c-p><c-p>x");
    assert!(bench.text(40, 10).contains("> 1x"), "{}", bench.text(40, 10));
}

#[test]
fn no_color_means_none() {
    for (colours, expected) in
        [(Colours::None, false), (Colours::Basic, true), (Colours::Indexed, true)]
    {
        let look = Look { colours, glyphs: Glyphs::Unicode };
        for activity in [Activity::Idle, review(true), permission()] {
            let mut bench = Bench::with_look(talk(), look);
            bench.busy(activity);
            let terminal = bench.draw(80, 24);
            let cells = &terminal.backend().buffer().content;
            let coloured = cells.iter().any(|c| c.fg != Color::Reset || c.bg != Color::Reset);
            assert_eq!(coloured, expected, "{colours:?}");
        }
    }
}

#[test]
fn code_is_highlighted_where_it_scrolls_into_view() {
    let look = Look { colours: Colours::Indexed, glyphs: Glyphs::Unicode };
    let mut bench = Bench::with_look(talk(), look);
    let terminal = bench.draw(80, 40);
    let bold: String = terminal
        .backend()
        .buffer()
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(ratatui::style::Modifier::BOLD))
        .map(|cell| cell.symbol())
        .collect();
    assert!(bold.contains("def") && bold.contains("return"), "{bold}");
}

//! What a key costs while a model writes into a long conversation. Measures; asserts no time.

use std::time::Instant;

use super::*;

const TURNS: usize = 250;
const TYPED: usize = 10_000;

fn long() -> Conversation {
    let entries = (0..TURNS).flat_map(|_| [user("Why does test_reorder fail?"), answer(ANSWER)]);
    Conversation::new(Mode::Ask, entries.collect()).with_model(ready()).with_totals(totals())
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!(
        "{what}: {} times, p50 {:?}, p95 {:?}, most {:?}",
        times.len(),
        at(50),
        at(95),
        at(100)
    );
}

#[test]
#[ignore = "measures, as below"]
fn letters_of_a_mention_among_many_files() {
    let path = |n: usize| format!("crates/part_{}/src/module_{}/file_{n}.rs", n % 40, n % 900);
    let files: Vec<RepoPath> = (0..50_000).map(|n| RepoPath::new(&path(n)).unwrap()).collect();
    let mut bench = Bench::new(long());
    bench.app.set_files(files);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let mut times = Vec::new();
    for _ in 0..20 {
        for key in keys("@modfile_499<c-u>") {
            let begun = Instant::now();
            bench.send(Event::Key(key));
            terminal.draw(|frame| view::draw(frame, &mut bench.app)).unwrap();
            times.push(begun.elapsed());
        }
    }
    report("80x24 key of a mention among 50,000 files, update and draw", times);
}

#[test]
#[ignore = "measures: cargo test --release --lib tui::chat::tests::pace -- --ignored --nocapture"]
fn keys_while_text_comes() {
    for (width, height) in [(80, 24), (200, 60)] {
        let mut bench = Bench::new(long());
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let begun = Instant::now();
        terminal.draw(|frame| view::draw(frame, &mut bench.app)).unwrap();
        println!("{width}x{height}: first screen of {} entries {:?}", 2 * TURNS, begun.elapsed());
        let whole: String =
            std::iter::repeat_n(ANSWER, TYPED / ANSWER.len() + 1).collect::<Vec<_>>().join("\n\n");
        let whole: Vec<char> = whole.chars().take(TYPED).collect();
        let (mut keys, mut pieces) = (Vec::new(), Vec::new());
        let mut text = String::new();
        for (at, c) in whole.iter().enumerate() {
            text.push(*c);
            let begun = Instant::now();
            bench.busy(streaming(&text, "a thought"));
            terminal.draw(|frame| view::draw(frame, &mut bench.app)).unwrap();
            pieces.push(begun.elapsed());
            let letter = if at % 60 == 59 { ' ' } else { 'a' };
            let begun = Instant::now();
            bench.send(Event::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
            terminal.draw(|frame| view::draw(frame, &mut bench.app)).unwrap();
            keys.push(begun.elapsed());
        }
        assert_eq!(bench.app.composer.text().len(), TYPED);
        report(&format!("{width}x{height} key, update and draw"), keys);
        report(&format!("{width}x{height} piece of text, update and draw"), pieces);
    }
}

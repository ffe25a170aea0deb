//! What the person is writing.
//!
//! Its text is safe at all times: what is pasted or recalled is sanitised on its way in, so that what is
//! seen is what is sent.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget as _;
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use crate::base::sanitize;

/// Bytes that one paste may bring; a larger one is cut.
const LONGEST: usize = 256 << 10;
/// Characters of a line: the widget counts columns in sixteen bits.
const LONGEST_LINE: usize = 60_000;
/// Messages that are remembered.
const MEMORY: usize = 1_000;

/// The text, its cursor, and the messages before it.
#[derive(Debug)]
pub(super) struct Composer {
    area: TextArea<'static>,
    /// Columns of the last drawing: rows depend on them.
    width: u16,
    /// Oldest first.
    history: Vec<String>,
    /// Which of them is shown, and what was written before.
    recalled: Option<(usize, String)>,
}

impl Composer {
    pub(super) fn new(history: Vec<String>) -> Self {
        Self { area: area("", 80), width: 80, history, recalled: None }
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Its widget.
    pub(super) fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// The text of the cursor's line before the cursor, and whether that line is the first.
    pub(super) fn before_cursor(&self) -> (String, bool) {
        let at = self.area.cursor();
        let line = &self.area.lines()[at.0];
        (line.chars().take(at.1).collect(), at.0 == 0)
    }

    /// Rows of the screen that the text takes.
    pub(super) fn rows(&mut self) -> usize {
        let at = self.area.cursor();
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
        let rows = self.area.screen_cursor().row + 1;
        self.area.move_cursor(jump(at.0, at.1));
        rows
    }

    /// It will be drawn `height` rows high: rows that have become free are not left blank.
    pub(super) fn fit(&mut self, height: usize) {
        let last = self.rows().saturating_sub(height);
        let top = usize::from(self.area.scroll_offset().0);
        if top > last {
            let at = self.area.cursor();
            let up = i16::try_from(top - last).unwrap_or(i16::MAX);
            self.area.scroll((-up, 0));
            self.area.move_cursor(jump(at.0, at.1));
        }
    }

    /// It will be drawn `width` columns wide.
    pub(super) fn resize(&mut self, width: u16) {
        if self.width != width {
            self.width = width;
            measure(&self.area, width);
        }
    }

    /// Handles a key that edits; true when the text has changed.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if control => self.area.delete_line_by_head(),
            KeyCode::Char('_' | '7') if control => self.area.undo(),
            KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
                let mut utf8 = [0; 4];
                self.paste(c.encode_utf8(&mut utf8))
            }
            _ => self.area.input(key),
        }
    }

    /// Puts text in at the cursor; false when it was so long that it had to be cut.
    pub(super) fn paste(&mut self, text: &str) -> bool {
        let text = sanitize(text);
        let row = self.area.cursor().0;
        let mut room = LONGEST_LINE.saturating_sub(self.area.lines()[row].chars().count());
        let mut fits = String::new();
        for c in text.chars() {
            if c == '\n' {
                room = LONGEST_LINE;
            } else if room == 0 {
                break;
            } else {
                room -= 1;
            }
            if fits.len() + c.len_utf8() > LONGEST {
                break;
            }
            fits.push(c);
        }
        self.area.insert_str(&fits);
        fits.len() == text.len()
    }

    /// A new line at the cursor.
    pub(super) fn newline(&mut self) {
        self.area.insert_newline();
    }

    /// Takes `chars` before the cursor away and puts `text` there.
    pub(super) fn replace_before(&mut self, chars: usize, text: &str) {
        for _ in 0..chars {
            self.area.delete_char();
        }
        self.paste(text);
    }

    /// Another text, the cursor at its end.
    pub(super) fn set(&mut self, text: &str) {
        self.area = area(&sanitize(text), self.width);
        self.recalled = None;
    }

    /// Gives the text away and remembers it.
    pub(super) fn take(&mut self) -> String {
        let text = self.text();
        self.remember(&text);
        self.set("");
        text
    }

    /// Puts a text into the history, once if it is there already as the last one.
    pub(super) fn remember(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || self.history.last().is_some_and(|last| last == text) {
            return;
        }
        if self.history.len() >= MEMORY {
            self.history.remove(0);
        }
        self.history.push(text.to_owned());
    }

    /// The last message again, to be written otherwise.
    pub(super) fn again(&mut self, text: &str) {
        self.remember(text);
        if let Some(at) = self.history.len().checked_sub(1) {
            self.recall(at);
        }
    }

    /// True while a message of the history is shown other than the last.
    pub(super) fn shows_older(&self) -> bool {
        self.recalled.as_ref().is_some_and(|(at, _)| at + 1 < self.history.len())
    }

    /// One row up; at the top, the message before. False when there is neither.
    pub(super) fn up(&mut self) -> bool {
        if self.moves(CursorMove::Up) {
            return true;
        }
        let at = self.recalled.as_ref().map_or(self.history.len(), |(at, _)| *at);
        let Some(at) = at.checked_sub(1) else { return false };
        self.recall(at)
    }

    /// One row down; at the bottom, the message after, and at last what was being written.
    pub(super) fn down(&mut self) -> bool {
        if self.moves(CursorMove::Down) {
            return true;
        }
        let Some((at, draft)) = &self.recalled else { return false };
        let (at, draft) = (*at + 1, draft.clone());
        if at < self.history.len() {
            return self.recall(at);
        }
        self.set(&draft);
        true
    }

    fn recall(&mut self, at: usize) -> bool {
        let draft = self.recalled.take().map_or_else(|| self.text(), |(_, draft)| draft);
        let Some(text) = self.history.get(at).cloned() else { return false };
        self.set(&text);
        self.recalled = Some((at, draft));
        true
    }

    fn moves(&mut self, way: CursorMove) -> bool {
        let before = self.area.screen_cursor().row;
        let at = self.area.cursor();
        self.area.move_cursor(way);
        if self.area.screen_cursor().row == before {
            self.area.move_cursor(jump(at.0, at.1));
            return false;
        }
        true
    }
}

fn jump(row: usize, column: usize) -> CursorMove {
    let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    CursorMove::Jump(short(row), short(column))
}

/// The widget learns its width from being drawn: it is, to nowhere.
fn measure(area: &TextArea<'_>, width: u16) {
    let place = Rect::new(0, 0, width.max(1), 1);
    area.render(place, &mut Buffer::empty(place));
}

fn area(text: &str, width: u16) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(Style::new());
    // The terminal's own cursor shows the place: input methods look for it.
    area.set_cursor_style(Style::new());
    area.set_tab_length(4);
    measure(&area, width);
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn press(composer: &mut Composer, code: KeyCode) -> bool {
        composer.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn what_hides_is_seen_as_it_is_sent() {
        let mut composer = Composer::new(Vec::new());
        composer.paste("a\x1b[31m\r\nb\rc\u{202e}");
        assert_eq!(composer.text(), "a\\u{1b}[31m\nb\\u{d}c\\u{202e}");
        press(&mut composer, KeyCode::Char('\u{200b}'));
        assert!(composer.text().ends_with("\\u{200b}"));
    }

    #[test]
    fn history_keeps_the_draft() {
        let mut composer = Composer::new(vec!["one".to_owned(), "two\nlines".to_owned()]);
        composer.paste("draft");
        assert!(composer.up());
        assert_eq!(composer.text(), "two\nlines");
        assert!(composer.up(), "from the second line to the first");
        assert!(composer.up());
        assert_eq!(composer.text(), "one");
        assert!(!composer.up());
        assert!(composer.down() && composer.down());
        assert_eq!(composer.text(), "draft");
        assert!(!composer.down());
    }

    #[test]
    fn rows_are_those_of_the_screen() {
        let mut composer = Composer::new(Vec::new());
        composer.resize(10);
        composer.paste("one two three\n日本語日本語\n\nx");
        assert_eq!(composer.rows(), 6);
        assert_eq!(composer.before_cursor(), ("x".to_owned(), false));
    }

    #[test]
    fn a_message_is_remembered_once() {
        let mut composer = Composer::new(Vec::new());
        for _ in 0..2 {
            composer.paste("same");
            assert_eq!(composer.take(), "same");
        }
        assert!(composer.is_empty());
        assert_eq!(composer.history, ["same"]);
    }

    #[test]
    fn a_line_of_any_length_keeps_its_cursor() {
        let mut composer = Composer::new(Vec::new());
        assert!(composer.paste("a\nb"));
        assert!(!composer.paste(&"x".repeat(100_000)));
        assert!(!composer.paste("y"));
        let before = composer.area.cursor();
        composer.rows();
        assert_eq!(composer.area.cursor(), before);
        assert!(composer.paste("\ny"));
    }

    proptest! {
        #[test]
        fn any_paste_is_safe(text in any::<String>()) {
            let mut composer = Composer::new(Vec::new());
            composer.paste(&text);
            prop_assert!(!composer.text().chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        }
    }
}

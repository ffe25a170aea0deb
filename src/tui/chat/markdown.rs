//! Markdown -> lines of a width, code coloured by its grammar.
//!
//! What is foreign is made safe piece by piece, before it is measured.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::flow::{Margin, chop, width_of, wrap};
use crate::syntax::{Class, grammar_named, highlight};
use crate::tui::text::{columns, plain};
use crate::tui::theme::{Colours, Look, Role};

/// Levels of lists and quotes that are indented; deeper ones stand below each other.
const DEPTH: usize = 6;
/// Columns that code is indented by.
const INDENT: usize = 2;
/// Bytes of code beyond which it is shown plain: it is laid out while a person types.
const COLOURED: usize = 32 << 10;

/// The lines of `text`, none wider than `width` where there is room for anything.
pub(super) fn render(text: &str, width: usize, look: Look) -> Vec<Line<'static>> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Writer::new(width, look);
    for event in Parser::new_ext(text, options) {
        writer.event(event);
    }
    writer.flush();
    writer.lines
}

/// The lines of a piece of code, indented.
pub(super) fn code(
    text: &str,
    language: &str,
    width: usize,
    margin: &Margin,
    look: Look,
) -> Vec<Line<'static>> {
    let grammar = Some(language).filter(|name| !name.is_empty()).and_then(grammar_named);
    let parts = match grammar {
        Some(grammar) if text.len() <= COLOURED => highlight(grammar, text),
        _ => Vec::new(),
    };
    let mut parts = parts.iter().peekable();
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let body = start + line.trim_end_matches(['\n', '\r']).len();
        let mut runs = Vec::new();
        let mut at = start;
        while let Some((span, class)) = parts.peek().filter(|(span, _)| span.start < end) {
            let from = span.start.clamp(at, body);
            let to = span.end.clamp(from, body);
            runs.push(Span::raw(&text[at..from]));
            runs.push(Span::styled(&text[from..to], look.style(role_of(*class))));
            at = to;
            if span.end > end {
                break;
            }
            parts.next();
        }
        runs.push(Span::raw(&text[at..body]));
        lines.extend(chop(&shown(&runs), width, margin));
        start = end;
    }
    lines
}

/// The runs of one line made safe; tabs are expanded as if it were one run.
fn shown(runs: &[Span<'_>]) -> Vec<Span<'static>> {
    let mut column = 0;
    runs.iter()
        .map(|run| {
            // Blanks in front stand for the columns before, for the sake of tabs.
            let text = if run.content.contains('\t') {
                let led = format!("{}{}", " ".repeat(column % 4), run.content);
                plain(&led).split_off(column % 4)
            } else {
                plain(&run.content)
            };
            column += columns(&text);
            Span::styled(text, run.style)
        })
        .filter(|run| !run.content.is_empty())
        .collect()
}

fn role_of(class: Class) -> Role {
    match class {
        Class::Keyword => Role::Keyword,
        Class::Text => Role::Literal,
        Class::Constant => Role::Constant,
        Class::Comment => Role::Comment,
        Class::Function | Class::Type => Role::Plain,
    }
}

struct Writer {
    look: Look,
    width: usize,
    lines: Vec<Line<'static>>,
    /// What the open block has so far.
    runs: Vec<Span<'static>>,
    styles: Vec<Style>,
    margins: Vec<Open>,
    /// The number of the next item; `None` for lists with bullets.
    lists: Vec<Option<u64>>,
    /// Language and text of the open piece of code.
    code: Option<(String, String)>,
    /// Where the open links lead, and where their text begins.
    links: Vec<(String, usize)>,
    table: Vec<Vec<Vec<Span<'static>>>>,
}

/// The margin of an open list item or quote.
struct Open {
    margin: Margin,
    begun: bool,
}

impl Writer {
    fn new(width: usize, look: Look) -> Self {
        Self {
            look,
            width,
            lines: Vec::new(),
            runs: Vec::new(),
            styles: Vec::new(),
            margins: Vec::new(),
            lists: Vec::new(),
            code: None,
            links: Vec::new(),
            table: Vec::new(),
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.say(&text, Style::new()),
            },
            Event::Code(text) => {
                // Without colours nothing else tells code from words.
                let bare = self.look.colours == Colours::None;
                let text = if bare { format!("`{text}`") } else { text.into_string() };
                self.say(&text, self.look.style(Role::Code));
            }
            Event::Html(text) | Event::InlineHtml(text) => self.say(&text, Style::new()),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.say(&text, Style::new()),
            Event::FootnoteReference(text) => self.say(&format!("[{text}]"), Style::new()),
            Event::SoftBreak => self.say(" ", Style::new()),
            Event::HardBreak => self.runs.push(Span::raw("\n")),
            Event::TaskListMarker(done) => {
                self.say(if done { "[x] " } else { "[ ] " }, Style::new());
            }
            Event::Rule => {
                self.gap();
                let rule = self.look.marks().dash.repeat(self.width.min(40));
                self.runs.push(Span::styled(rule, self.look.style(Role::Quiet)));
                self.flush();
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.gap(),
            Tag::Heading { .. } => {
                self.gap();
                self.styles.push(self.look.style(Role::Heading));
            }
            Tag::BlockQuote(_) => {
                self.gap();
                let bar = format!("{} ", self.look.marks().bar);
                self.open(Margin::of(bar, self.look.style(Role::Quiet)));
            }
            Tag::CodeBlock(kind) => {
                self.gap();
                let language = match &kind {
                    CodeBlockKind::Fenced(info) => {
                        info.split([' ', ',', '{']).next().unwrap_or_default()
                    }
                    CodeBlockKind::Indented => "",
                };
                self.code = Some((language.to_owned(), String::new()));
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.gap();
                } else {
                    self.flush();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => format!("{} ", self.look.marks().bullet),
                };
                self.open(Margin::hanging(mark, Style::new()));
            }
            Tag::Emphasis => self.styles.push(self.look.style(Role::Emphasis)),
            Tag::Strong => self.styles.push(self.look.style(Role::Strong)),
            Tag::Strikethrough => {
                self.styles.push(Style::new().add_modifier(Modifier::CROSSED_OUT));
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((dest_url.into_string(), self.runs.len()));
                self.styles.push(self.look.style(Role::Link));
            }
            Tag::Table(_) => self.gap(),
            Tag::TableHead => {
                self.styles.push(self.look.style(Role::Strong));
                self.table.push(Vec::new());
            }
            Tag::TableRow => self.table.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
            }
            TagEnd::BlockQuote(_) | TagEnd::Item => {
                self.flush();
                // An empty item still has its mark.
                if self.margins.last().is_some_and(|open| !open.begun) && tag == TagEnd::Item {
                    self.put(&[]);
                }
                self.margins.pop();
            }
            TagEnd::CodeBlock => {
                if let Some((language, text)) = self.code.take() {
                    self.put_code(&text, &language);
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.runs);
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::TableHead => {
                self.styles.pop();
            }
            TagEnd::Table => self.put_table(),
            _ => {}
        }
    }

    /// Where a link leads is said too, unless its text says it.
    fn end_link(&mut self) {
        self.styles.pop();
        let Some((target, from)) = self.links.pop() else { return };
        let said: String =
            self.runs[from.min(self.runs.len())..].iter().map(|run| run.content.as_ref()).collect();
        if !target.is_empty() && said != target && format!("mailto:{said}") != target {
            self.say(&format!(" ({target})"), self.look.style(Role::Quiet));
        }
    }

    fn say(&mut self, text: &str, style: Style) {
        let style =
            self.styles.iter().fold(Style::new(), |sum, next| sum.patch(*next)).patch(style);
        let text = plain(text);
        match self.runs.last_mut() {
            Some(last) if last.style == style && last.content != "\n" => {
                last.content.to_mut().push_str(&text);
            }
            _ => self.runs.push(Span::styled(text, style)),
        }
    }

    /// A blank line before a block, but not before the first one of the text or of an item.
    fn gap(&mut self) {
        self.flush();
        if self.lines.is_empty() || self.margins.last().is_some_and(|open| !open.begun) {
            return;
        }
        let margin: Vec<Span<'static>> = self.margin().rest;
        // A bar goes on through the gap, blanks do not.
        let bare = margin.iter().all(|span| span.content.trim().is_empty());
        self.lines.push(if bare { Line::default() } else { Line::from(margin) });
    }

    fn open(&mut self, margin: Margin) {
        self.margins.push(Open { margin, begun: false });
    }

    /// What stands before the next lines.
    fn margin(&self) -> Margin {
        let mut out = Margin::default();
        for open in self.margins.iter().take(DEPTH) {
            let first = if open.begun { &open.margin.rest } else { &open.margin.first };
            out.first.extend(first.iter().cloned());
            out.rest.extend(open.margin.rest.iter().cloned());
        }
        if width_of(&out.rest) * 2 > self.width { Margin::default() } else { out }
    }

    fn flush(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        if runs.iter().any(|run| !run.content.trim().is_empty()) {
            self.put(&runs);
        }
    }

    fn put(&mut self, runs: &[Span<'static>]) {
        let margin = self.margin();
        self.lines.extend(wrap(runs, self.width, &margin));
        self.begun();
    }

    fn begun(&mut self) {
        self.margins.iter_mut().for_each(|open| open.begun = true);
    }

    fn put_code(&mut self, text: &str, language: &str) {
        let mut margin = self.margin();
        let indent = Span::raw(" ".repeat(INDENT));
        margin.first.push(indent.clone());
        margin.rest.push(indent);
        let later = Margin { first: margin.rest.clone(), rest: margin.rest.clone() };
        let mut lines = code(text, language, self.width, &later, self.look);
        if let Some(first) = lines.first_mut() {
            *first = remargin(std::mem::take(first), width_of(&margin.rest), margin.first);
            self.begun();
        }
        self.lines.extend(lines);
    }

    fn put_table(&mut self) {
        let rows = std::mem::take(&mut self.table);
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; count];
        for row in &rows {
            for (at, cell) in row.iter().enumerate() {
                widths[at] = widths[at].max(width_of(cell));
            }
        }
        let bar = format!(" {} ", self.look.marks().bar);
        // One that is too wide is not lined up, only told apart.
        let total = widths.iter().sum::<usize>() + columns(&bar) * count.saturating_sub(1);
        let fits = total <= self.width;
        for row in rows {
            let mut runs: Vec<Span<'static>> = Vec::new();
            for (at, cell) in row.into_iter().enumerate() {
                if at > 0 {
                    runs.push(Span::styled(bar.clone(), self.look.style(Role::Quiet)));
                }
                let rest = widths[at].saturating_sub(width_of(&cell));
                runs.extend(cell);
                if fits {
                    runs.push(Span::raw(" ".repeat(rest)));
                }
            }
            let margin = self.margin();
            let lines = if fits {
                chop(&runs, self.width, &margin)
            } else {
                wrap(&runs, self.width, &margin)
            };
            self.lines.extend(lines);
            self.begun();
        }
    }
}

/// `line` with another margin in place of its own, which takes `old` columns.
fn remargin(line: Line<'static>, old: usize, margin: Vec<Span<'static>>) -> Line<'static> {
    let mut used = 0;
    let text = line.spans.into_iter().skip_while(|span| {
        let inside = used < old;
        used += columns(&span.content);
        inside
    });
    Line::from(margin.into_iter().chain(text).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Glyphs;
    use proptest::prelude::*;

    const LOOK: Look = Look { colours: Colours::Indexed, glyphs: Glyphs::Unicode };

    fn lines(text: &str, width: usize) -> Vec<String> {
        render(text, width, LOOK).iter().map(|l| l.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn blocks_are_told_apart() {
        let text = "# Title\n\nSome *words* and `code`.\n\n- one\n- two\n  - inner\n\n3. three\n\n> said\n";
        assert_eq!(
            lines(text, 40),
            [
                "Title",
                "",
                "Some words and code.",
                "",
                "• one",
                "• two",
                "  • inner",
                "",
                "3. three",
                "",
                "│ said"
            ]
        );
    }

    #[test]
    fn code_is_indented_kept_and_coloured() {
        let rendered = render("```python\ndef f():\n\treturn 1\n```\nend", 40, LOOK);
        let texts: Vec<String> = rendered.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["  def f():", "      return 1", "", "end"]);
        assert_eq!(rendered[0].spans[1].style, LOOK.style(Role::Keyword));
        assert_eq!(lines("```\nabcdef\n```", 5), ["  abc", "  def"]);
        assert_eq!(
            lines("- a\n\n      code\n      more\n", 40),
            ["• a", "", "    code", "    more"]
        );
        assert_eq!(lines("1. ```\n   a\n   b\n   ```\n", 40), ["1.   a", "     b"]);
    }

    #[test]
    fn links_say_where_they_lead() {
        assert_eq!(
            lines("[here](https://a.b) <https://c.d>", 60),
            ["here (https://a.b) https://c.d"]
        );
    }

    #[test]
    fn tables_are_lined_up_where_they_fit() {
        let text = "| a | long |\n|---|---|\n| bc | d |\n";
        assert_eq!(lines(text, 40), ["a  │ long", "bc │ d"]);
        assert_eq!(lines(text, 6), ["a │", "long", "bc │ d"]);
    }

    #[test]
    fn generics_are_no_html_to_be_dropped() {
        assert_eq!(lines("use Vec<T> here", 40), ["use Vec<T> here"]);
    }

    #[test]
    fn without_colours_code_keeps_its_quotes() {
        let rendered = render("a `b`", 40, Look::PLAIN);
        assert_eq!(rendered[0].to_string(), "a `b`");
    }

    #[test]
    fn depth_without_end_is_bounded() {
        let quotes = ">".repeat(5_000) + " deep";
        assert!(lines(&quotes, 30).iter().any(|line| line.contains("deep")));
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in "[-#>`*_|\\[\\]()a-c日é\t\n0-9. ~<]{0,80}", width in 12usize..40) {
            for line in render(&text, width, LOOK) {
                prop_assert!(columns(&line.to_string()) <= width, "{line:?}");
            }
        }

        #[test]
        fn nothing_foreign_survives(text in any::<String>()) {
            for line in render(&text, 30, LOOK) {
                prop_assert!(!line.to_string().chars().any(char::is_control));
            }
        }
    }
}

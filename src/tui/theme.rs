//! What each role looks like: blue and orange, never red against green, and never colour alone.
//!
//! Only foreground colours are set, in shades that can be read on black and on white, because the
//! terminal does not tell which it has.

use std::ffi::OsStr;

use ratatui::style::{Color, Modifier, Style};

/// How a front end may draw: decided by the caller, who knows the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub colours: Colours,
    pub glyphs: Glyphs,
}

/// Which colours may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None at all: only bold, underline and the like.
    None,
    /// The terminal's own sixteen.
    Basic,
    /// The 256 colours of xterm.
    Indexed,
}

/// Which characters may be used for frames and marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    Unicode,
    Ascii,
}

/// What a piece of the screen is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    Quiet,
    Strong,
    /// Names of things in the evidence: "before", "places".
    Label,
    Added,
    AddedChange,
    Removed,
    RemovedChange,
    Good,
    Warning,
    Selected,
    Focused,
    Key,
    /// What the person said.
    Said,
    Heading,
    Emphasis,
    /// Code within a line of words.
    Code,
    Keyword,
    Literal,
    Constant,
    Comment,
    Link,
    /// What a search has found.
    Found,
}

/// The marks that one set of glyphs offers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    pub(super) ellipsis: &'static str,
    pub(super) dot: &'static str,
    pub(super) cursor: &'static str,
    pub(super) done: &'static str,
    pub(super) full: &'static str,
    pub(super) rest: &'static str,
    pub(super) bar: &'static str,
    pub(super) bullet: &'static str,
    /// Before what came of the line above.
    pub(super) elbow: &'static str,
    pub(super) failed: &'static str,
    pub(super) dash: &'static str,
    pub(super) down: &'static str,
    pub(super) spinner: &'static [&'static str],
}

impl Look {
    /// Without colours or special characters: what a log file can hold.
    pub const PLAIN: Self = Self { colours: Colours::None, glyphs: Glyphs::Ascii };

    /// The style of `role`.
    pub(super) fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        match role {
            Role::Plain => plain,
            Role::Quiet => plain.add_modifier(Modifier::DIM),
            Role::Strong | Role::Label | Role::Focused | Role::Keyword => bold,
            Role::Emphasis => plain.add_modifier(Modifier::ITALIC),
            Role::Comment => plain.add_modifier(Modifier::DIM | Modifier::ITALIC),
            Role::Said => self.paint(bold, Hue::Blue),
            Role::Code | Role::Literal => self.paint(plain, Hue::Blue),
            Role::Constant => self.paint(plain, Hue::Orange),
            Role::Link => self.paint(plain, Hue::Blue).add_modifier(Modifier::UNDERLINED),
            Role::Found => plain.add_modifier(Modifier::REVERSED | Modifier::BOLD),
            Role::Heading | Role::Key => bold.add_modifier(Modifier::UNDERLINED),
            Role::Selected => plain.add_modifier(Modifier::REVERSED),
            Role::Added => self.paint(plain, Hue::Blue),
            Role::AddedChange => self.paint(bold, Hue::Blue).add_modifier(Modifier::UNDERLINED),
            Role::Removed => self.paint(plain, Hue::Orange),
            Role::RemovedChange => self.paint(bold, Hue::Orange).add_modifier(Modifier::UNDERLINED),
            Role::Good => self.paint(bold, Hue::Blue),
            Role::Warning => self.paint(bold, Hue::Orange),
        }
    }

    /// The marks to draw with.
    pub(super) fn marks(self) -> Marks {
        match self.glyphs {
            Glyphs::Unicode => Marks {
                ellipsis: "…",
                dot: "·",
                cursor: "▸",
                done: "✓",
                full: "█",
                rest: "░",
                bar: "│",
                bullet: "•",
                elbow: "└",
                failed: "✗",
                dash: "─",
                down: "↓",
                spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
            },
            Glyphs::Ascii => Marks {
                ellipsis: "~",
                dot: "-",
                cursor: ">",
                done: "x",
                full: "#",
                rest: ".",
                bar: "|",
                bullet: "*",
                elbow: "`",
                failed: "!",
                dash: "-",
                down: "v",
                spinner: &["|", "/", "-", "\\"],
            },
        }
    }

    fn paint(self, style: Style, hue: Hue) -> Style {
        match (self.colours, hue) {
            (Colours::None, _) => style,
            (Colours::Basic, Hue::Blue) => style.fg(Color::LightBlue),
            (Colours::Basic, Hue::Orange) => style.fg(Color::Yellow),
            // #0087d7 and #d75f00: contrast of 3.9 or more on black and on white.
            (Colours::Indexed, Hue::Blue) => style.fg(Color::Indexed(32)),
            (Colours::Indexed, Hue::Orange) => style.fg(Color::Indexed(166)),
        }
    }
}

impl Colours {
    /// The colours for the values of `NO_COLOR`, `TERM` and `COLORTERM`. Whether the stream is a
    /// terminal at all is for the caller to know.
    pub fn choose(
        no_color: Option<&OsStr>,
        term: Option<&OsStr>,
        colorterm: Option<&OsStr>,
    ) -> Self {
        // no-color.org: present and not empty.
        if no_color.is_some_and(|value| !value.is_empty()) {
            return Self::None;
        }
        let term = term.map(OsStr::to_string_lossy).unwrap_or_default();
        if term.is_empty() || term == "dumb" {
            return Self::None;
        }
        let many = ["256color", "direct", "kitty", "alacritty", "ghostty", "wezterm", "foot"];
        let rich = colorterm.is_some_and(|value| !value.is_empty());
        if rich || many.iter().any(|name| term.contains(name)) {
            Self::Indexed
        } else {
            Self::Basic
        }
    }
}

impl Glyphs {
    /// The glyphs for the values of `LC_ALL`, `LC_CTYPE` and `LANG`, in that order: the first that
    /// is not empty decides. With none set, as in many containers, plain ASCII.
    pub fn choose(locale: [Option<&OsStr>; 3]) -> Self {
        let value = locale.into_iter().flatten().find(|value| !value.is_empty());
        let name = value.map(|value| value.to_string_lossy().to_lowercase()).unwrap_or_default();
        if name.contains("utf-8") || name.contains("utf8") { Self::Unicode } else { Self::Ascii }
    }
}

#[derive(Clone, Copy)]
enum Hue {
    Blue,
    Orange,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(text: &str) -> Option<&OsStr> {
        Some(OsStr::new(text))
    }

    #[test]
    fn environment_decides() {
        assert_eq!(Colours::choose(os("1"), os("xterm-256color"), None), Colours::None);
        assert_eq!(Colours::choose(os(""), os("xterm-256color"), None), Colours::Indexed);
        assert_eq!(Colours::choose(None, os("dumb"), os("truecolor")), Colours::None);
        assert_eq!(Colours::choose(None, None, None), Colours::None);
        assert_eq!(Colours::choose(None, os("linux"), None), Colours::Basic);
        assert_eq!(Glyphs::choose([None, None, os("en_US.UTF-8")]), Glyphs::Unicode);
        assert_eq!(Glyphs::choose([os("C"), None, os("en_US.UTF-8")]), Glyphs::Ascii);
    }

    #[test]
    fn added_and_removed_differ_without_colour_only_by_sign_and_never_by_red_and_green() {
        for colours in [Colours::Basic, Colours::Indexed] {
            let look = Look { colours, glyphs: Glyphs::Ascii };
            for role in [Role::Added, Role::Removed, Role::Good, Role::Warning] {
                let fg = look.style(role).fg;
                let banned = [Color::Red, Color::Green, Color::LightRed, Color::LightGreen];
                assert!(fg.is_some_and(|fg| !banned.contains(&fg)), "{role:?}");
            }
        }
        assert_eq!(Look::PLAIN.style(Role::Added).fg, None);
    }
}

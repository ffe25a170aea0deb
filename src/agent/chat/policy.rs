//! What may be done without asking.

use serde::{Deserialize, Serialize};

use super::call::Call;

/// How much the conversation may do by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Every command and every edit is asked for.
    #[default]
    Ask,
    /// Edits whose checks pass are applied; commands are asked for.
    AutoEdit,
    /// Nothing is run or edited.
    ReadOnly,
    /// As read-only, and the model is asked for a plan.
    Plan,
}

impl Mode {
    /// As the person spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::AutoEdit => "auto-edit",
            Self::ReadOnly => "read-only",
            Self::Plan => "plan",
        }
    }

    /// The mode of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Ask, Self::AutoEdit, Self::ReadOnly, Self::Plan]
            .into_iter()
            .find(|mode| mode.name() == name.trim())
    }

    /// The mode that Shift-Tab goes to from this one.
    pub fn next(self) -> Self {
        match self {
            Self::Ask => Self::AutoEdit,
            Self::AutoEdit => Self::ReadOnly,
            Self::ReadOnly => Self::Plan,
            Self::Plan => Self::Ask,
        }
    }
}

/// What is to become of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// The person decides; why they are asked.
    Ask(String),
    /// Not at all; why, for the model.
    Deny(String),
}

/// The person's own rules. What is denied stays denied; what is to be asked for is asked for even when it is
/// also allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub allow: Vec<Pattern>,
    pub ask: Vec<Pattern>,
    pub deny: Vec<Pattern>,
}

/// Calls of one tool: `run "cargo test*"`, `edit "src/*"`, `fix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    tool: String,
    /// What it is about, `*` standing for anything; `None` for everything.
    glob: Option<String>,
}

const TOOLS: [&str; 9] = ["read", "search", "map", "where", "refs", "edit", "run", "fix", "test"];

impl Pattern {
    /// Reads a rule as it is written in the configuration.
    ///
    /// # Errors
    /// A tool that there is not; quotes that do not close.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (tool, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if !TOOLS.contains(&tool) {
            return Err(format!("{text}: a rule begins with one of {}", TOOLS.join(", ")));
        }
        let rest = rest.trim();
        if rest.is_empty() {
            return Ok(Self { tool: tool.to_owned(), glob: None });
        }
        let quoted = ['"', '\''].iter().find_map(|quote| {
            rest.strip_prefix(*quote)?.strip_suffix(*quote).filter(|_| rest.len() > 1)
        });
        let Some(glob) = quoted else {
            return Err(format!("{text}: put what follows {tool} into quotes"));
        };
        Ok(Self { tool: tool.to_owned(), glob: Some(one_space(glob)) })
    }

    /// Calls like this one, for the rest of a session: the same program with the same first word.
    pub fn like(call: &Call) -> Self {
        let glob = match call {
            Call::Run { command } | Call::Fix { command } => {
                let words: Vec<&str> = command.split_whitespace().collect();
                let plain = parts(command).is_some_and(|parts| parts.len() == 1);
                match words[..] {
                    [program, first, ..] if plain && !first.starts_with('-') => {
                        Some(format!("{program} {first}*"))
                    }
                    _ => Some(one_space(command)),
                }
            }
            _ => None,
        };
        Self { tool: call.tool().to_owned(), glob }
    }

    fn fits(&self, tool: &str, subject: &str) -> bool {
        let Some(glob) = self.glob.as_ref().filter(|_| self.tool == tool) else {
            return self.tool == tool;
        };
        // In a command a `*` right behind a word ends the word: `cargo test*` is not `cargo testify`.
        let begin = glob.strip_suffix('*').filter(|begin| {
            matches!(tool, "run" | "fix") && begin.ends_with(|c: char| c.is_alphanumeric())
        });
        match begin {
            Some(begin) => wild(begin, subject) || wild(&format!("{begin} *"), subject),
            None => wild(glob, subject),
        }
    }
}

impl Rules {
    /// Reads the three lists of the configuration.
    ///
    /// # Errors
    /// The first rule that is none.
    pub fn parse(allow: &[String], ask: &[String], deny: &[String]) -> Result<Self, String> {
        let read = |list: &[String]| -> Result<Vec<Pattern>, String> {
            list.iter().map(|rule| Pattern::parse(rule)).collect()
        };
        Ok(Self { allow: read(allow)?, ask: read(ask)?, deny: read(deny)? })
    }

    /// What is to become of `call`.
    pub fn decide(&self, mode: Mode, call: &Call) -> Decision {
        let (tool, subject) = (call.tool(), subject(call));
        let is_command = matches!(call, Call::Run { .. } | Call::Fix { .. });
        let pieces = if is_command { pieces(&subject) } else { vec![subject.clone()] };
        let any = |list: &[Pattern]| {
            list.iter().any(|rule| pieces.iter().any(|piece| rule.fits(tool, piece)))
        };
        if any(&self.deny) {
            return Decision::Deny(format!("the person's rules forbid this {tool}"));
        }
        match call {
            Call::Read { .. }
            | Call::Search { .. }
            | Call::Map { .. }
            | Call::Where { .. }
            | Call::Refs { .. } => return Decision::Allow,
            _ if matches!(mode, Mode::ReadOnly | Mode::Plan) => {
                let what = if is_command || *call == Call::Test { "run" } else { "edited" };
                return Decision::Deny(format!("nothing is {what} in {} mode", mode.name()));
            }
            _ => {}
        }
        if any(&self.ask) {
            return Decision::Ask("a rule says to ask".to_owned());
        }
        // An edit becomes a proposal, which is a question of its own; the test command is the person's.
        if !is_command {
            return Decision::Allow;
        }
        let Some(parts) = parts(&subject) else {
            return Decision::Ask("it lets the shell do more than one thing".to_owned());
        };
        if parts.iter().all(|part| self.allow.iter().any(|rule| rule.fits(tool, part))) {
            return Decision::Allow;
        }
        Decision::Ask("the model wants to run it".to_owned())
    }

    /// True when an edit of these files, whose checks passed, need not be shown first.
    pub fn applies(&self, mode: Mode, paths: &[&str]) -> bool {
        let every = |list: &[Pattern]| {
            paths.iter().all(|path| list.iter().any(|rule| rule.fits("edit", path)))
        };
        let asked = self.ask.iter().any(|rule| paths.iter().any(|path| rule.fits("edit", path)));
        match mode {
            _ if asked || paths.is_empty() => false,
            Mode::AutoEdit => true,
            Mode::Ask => every(&self.allow),
            Mode::ReadOnly | Mode::Plan => false,
        }
    }
}

/// What a rule is matched with.
fn subject(call: &Call) -> String {
    match call {
        Call::Read { path, .. } | Call::Edit { path, .. } | Call::Refactor { path, .. } => {
            crate::base::RepoPath::new(path).map_or_else(|_| path.clone(), |path| path.to_string())
        }
        Call::Search { query: text } | Call::Where { name: text } | Call::Refs { name: text } => {
            text.clone()
        }
        Call::Map { path } => path.clone().unwrap_or_default(),
        Call::Run { command } | Call::Fix { command } => command.clone(),
        Call::Test => String::new(),
    }
}

/// The commands that a shell would run one after another, or `None` when it would do more than that: put
/// the output of one into another's words, or write files.
fn parts(command: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    let mut chars = command.trim().chars().peekable();
    while let Some(c) = chars.next() {
        let last = parts.last_mut()?;
        match (quote, c) {
            (Some(open), c) if c == open => {
                quote = None;
                last.push(c);
            }
            (Some('"'), '$' | '`' | '\\') => return None,
            (Some(_), c) => last.push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                last.push(c);
            }
            (None, '$' | '`' | '\\' | '(' | ')' | '{' | '}' | '<' | '>' | '#' | '!' | '~') => {
                return None;
            }
            (None, ';' | '\n' | '\r' | '|' | '&') => {
                while chars.next_if(|c| matches!(c, '|' | '&' | ';')).is_some() {}
                parts.push(String::new());
            }
            (None, c) => last.push(c),
        }
    }
    let parts: Vec<String> =
        parts.iter().map(|part| one_space(part)).filter(|part| !part.is_empty()).collect();
    (quote.is_none() && !parts.is_empty()).then_some(parts)
}

/// Everything in a command that may be a command of its own: what is forbidden should not get through in
/// brackets, behind an assignment or with a path in front.
fn pieces(command: &str) -> Vec<String> {
    let separators = |c: char| ";\n\r|&(){}`$<>\"'".contains(c);
    let mut pieces = vec![one_space(command)];
    for piece in command.split(separators) {
        let words: Vec<&str> = piece.split_whitespace().collect();
        // `env X=1 sudo rm -rf /`: each word may begin a command.
        for at in 0..words.len().min(64) {
            pieces.push(words[at..].join(" "));
            let name = words[at].rsplit('/').next().unwrap_or_default();
            if name != words[at] {
                pieces.push([&[name], &words[at + 1..]].concat().join(" "));
            }
        }
    }
    pieces
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `*` stands for any text.
fn wild(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match glob.get(g) {
            Some('*') => {
                star = Some((g, t));
                g += 1;
            }
            Some(c) if *c == text[t] => {
                g += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    g = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(allow: &[&str], ask: &[&str], deny: &[&str]) -> Rules {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Rules::parse(&owned(allow), &owned(ask), &owned(deny)).unwrap()
    }

    fn run(command: &str) -> Call {
        Call::Run { command: command.to_owned() }
    }

    fn edit(path: &str) -> Call {
        let change = super::super::call::Change::Create { text: String::new() };
        Call::Edit { path: path.to_owned(), change }
    }

    #[test]
    fn what_is_read_needs_nobody() {
        let rules = Rules::default();
        for mode in [Mode::Ask, Mode::AutoEdit, Mode::ReadOnly, Mode::Plan] {
            let read = Call::Read { path: "a.py".to_owned(), first: None, last: None };
            assert_eq!(rules.decide(mode, &read), Decision::Allow);
            assert_eq!(rules.decide(mode, &Call::Map { path: None }), Decision::Allow);
        }
        for call in [run("ls"), edit("a.py"), Call::Test] {
            assert!(matches!(rules.decide(Mode::ReadOnly, &call), Decision::Deny(_)));
            assert!(matches!(rules.decide(Mode::Plan, &call), Decision::Deny(_)));
        }
        assert!(matches!(rules.decide(Mode::AutoEdit, &run("ls")), Decision::Ask(_)));
        assert_eq!(rules.decide(Mode::Ask, &edit("a.py")), Decision::Allow);
    }

    #[test]
    fn a_chain_is_allowed_when_each_part_is() {
        let rules = rules(&["run \"cargo test*\"", "run \"ls\""], &[], &[]);
        let is = |command: &str| rules.decide(Mode::Ask, &run(command)) == Decision::Allow;
        for good in ["cargo test", "cargo  test -q", "ls && cargo test", "ls; ls | cargo test x"] {
            assert!(is(good), "{good}");
        }
        for bad in [
            "cargo testify",
            "cargo test; rm x",
            "cargo test && curl x",
            "cargo test $(rm x)",
            "cargo test `rm x`",
            "cargo test > x",
            "cargo test \"$(rm x)\"",
            "cargo test & rm x",
            "cargo test\nrm x",
            "cargo test 'x",
            "X=1 cargo test",
            "ls -l",
        ] {
            assert!(!is(bad), "{bad}");
        }
        assert!(is("cargo test 'a; b'"), "a quoted separator is a word");
    }

    #[test]
    fn what_is_denied_stays_denied() {
        let rules = rules(&["run"], &["run \"git *\""], &["run \"rm*\"", "edit \"vendor/*\""]);
        let decide = |call: &Call| rules.decide(Mode::AutoEdit, call);
        for bad in ["rm x", "ls; rm x", "echo $(rm x)", "/bin/rm x", "env A=1 rm -rf x", "(rm x)"] {
            assert!(matches!(decide(&run(bad)), Decision::Deny(_)), "{bad}");
        }
        assert!(matches!(decide(&edit("./vendor//a.c")), Decision::Deny(_)));
        assert!(matches!(decide(&run("git push")), Decision::Ask(_)));
        assert_eq!(decide(&run("ls -l")), Decision::Allow);
        assert!(rules.applies(Mode::AutoEdit, &["a.py"]) && !rules.applies(Mode::Ask, &["a.py"]));
    }

    #[test]
    fn rules_that_are_none_are_named() {
        for bad in ["fly", "run cargo", "run \"cargo", ""] {
            assert!(Pattern::parse(bad).unwrap_err().contains(bad), "{bad}");
        }
        let like = |command: &str| Pattern::like(&run(command));
        assert_eq!(like("cargo test -q"), Pattern::parse("run 'cargo test*'").unwrap());
        assert_eq!(like("a b; c"), Pattern::parse("run 'a b; c'").unwrap());
        assert_eq!(Pattern::like(&Call::Test), Pattern::parse("test").unwrap());
    }

    proptest! {
        #[test]
        fn a_command_that_was_not_allowed_cannot_be_hidden(
            before in "(cargo test|ls)", how in "( ; | && | \\| |\\n|;|&)", after in "[a-b]{1,4}",
        ) {
            let rules = rules(&["run \"cargo test*\"", "run \"ls\""], &[], &[]);
            let command = format!("{before}{how}{after}");
            prop_assert_ne!(rules.decide(Mode::Ask, &run(&command)), Decision::Allow);
        }
    }
}

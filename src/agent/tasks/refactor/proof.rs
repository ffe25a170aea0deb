//! What speaks for a step, said as it is: which checks ran, what they saw, and what was not proven.

/// How well a step is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Something that runs or types the changed code was the same before and after, and nothing speaks against it.
    Proven,
    /// Nothing speaks against it, but nothing that ran reaches it either.
    Unproven,
    /// A check that was fine before is not any more.
    Broken,
}

/// One check of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub kind: CheckKind,
    pub outcome: CheckOutcome,
    /// One line for people; for a failed check the end of its output follows.
    pub line: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CheckKind {
    /// Every changed file parses.
    Syntax,
    /// No name that meant something before means nothing now.
    Names,
    /// What others can see of the changed files.
    Interface,
    /// The compiler or type checker of the project.
    Types,
    /// The tests that reach the changed code.
    Tests,
    /// Results of calls with generated arguments, before and after.
    Behaviour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckOutcome {
    /// It ran and is content, and it reaches what was changed.
    Passed,
    /// It is content, but says little about this change.
    Weak,
    Failed,
    /// It could not be run, and why.
    NotRun,
}

/// All checks of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    pub checks: Vec<Check>,
    /// What of the change no check has reached, one line each.
    pub unreached: Vec<String>,
}

impl CheckKind {
    /// The word for it on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Names => "names",
            Self::Interface => "interface",
            Self::Types => "types",
            Self::Tests => "tests",
            Self::Behaviour => "behaviour",
        }
    }
}

impl CheckOutcome {
    /// The word for it on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Weak => "says little",
            Self::Failed => "failed",
            Self::NotRun => "not run",
        }
    }
}

impl Proof {
    pub(super) fn add(&mut self, kind: CheckKind, outcome: CheckOutcome, line: impl Into<String>) {
        self.checks.push(Check { kind, outcome, line: line.into() });
    }

    /// The checks taken together.
    pub fn verdict(&self) -> Verdict {
        let has = |outcome| self.checks.iter().any(|check| check.outcome == outcome);
        let reaches = |check: &&Check| {
            matches!(check.kind, CheckKind::Types | CheckKind::Tests | CheckKind::Behaviour)
        };
        if has(CheckOutcome::Failed) {
            return Verdict::Broken;
        }
        let passed = self.checks.iter().filter(reaches).any(|c| c.outcome == CheckOutcome::Passed);
        if passed { Verdict::Proven } else { Verdict::Unproven }
    }

    /// The lines for people.
    pub fn lines(&self) -> Vec<String> {
        let checks = self.checks.iter().map(|check| {
            format!("{}: {}: {}", check.kind.name(), check.outcome.name(), check.line)
        });
        let unreached = self.unreached.iter().map(|line| format!("not proven: {line}"));
        checks.chain(unreached).collect()
    }
}

impl Verdict {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Unproven => "unproven",
            Self::Broken => "broken",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reaches_the_change_proves_it() {
        let mut proof = Proof::default();
        proof.add(CheckKind::Syntax, CheckOutcome::Passed, "ok");
        assert_eq!(proof.verdict(), Verdict::Unproven);
        proof.add(CheckKind::Tests, CheckOutcome::Weak, "pass, but none reaches it");
        assert_eq!(proof.verdict(), Verdict::Unproven);
        proof.add(CheckKind::Behaviour, CheckOutcome::Passed, "200 calls");
        assert_eq!(proof.verdict(), Verdict::Proven);
        proof.add(CheckKind::Interface, CheckOutcome::Failed, "`f` is gone");
        assert_eq!(proof.verdict(), Verdict::Broken);
    }
}

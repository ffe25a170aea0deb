//! Whose turn it is: a pure function of the user's rules and of what is known.

use std::time::Duration;

use crate::base::Language;

/// With less time than this left an answer would come too late to be checked.
const LEAST: Duration = Duration::from_secs(1);
/// When the endpoint is asked, unless the user says otherwise: most repairs are found before.
const ENDPOINT_AFTER: Duration = Duration::from_secs(10);
/// The chance of the search below which it is asked at once: what a fifth of all looks at a search showed
/// (docs/cascade.md).
const ENDPOINT_BELOW: f32 = 0.05;

/// A generator of candidates, in the order of what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Answers to this very error, and what a compiler suggests.
    Rules,
    /// Small transformations of suspect lines.
    Search,
    /// A model's opinion of these.
    Ranking,
    /// Edits that a local model writes.
    Model,
    /// Edits that a model behind a server writes.
    Endpoint,
}

impl Stage {
    /// Every stage, the cheapest first.
    pub const ALL: [Self; 5] =
        [Self::Rules, Self::Search, Self::Ranking, Self::Model, Self::Endpoint];

    /// The name used in the configuration, in `--json` and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Search => "search",
            Self::Ranking => "ranking",
            Self::Model => "model",
            Self::Endpoint => "endpoint",
        }
    }
}

/// What was decided about a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub stage: Stage,
    /// Whether it was asked.
    pub taken: bool,
    pub reason: Reason,
    /// The chance, from 0 to 1, that what was known by then holds the repair; `None` where it had no
    /// part in the decision.
    pub confidence: Option<f32>,
}

/// Why something was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The kind of reason, as one word: letters, digits and dashes. What logs keep.
    pub code: &'static str,
    /// For people.
    pub text: String,
}

impl Reason {
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// When a stage that takes long comes: as soon as one condition holds; at once without any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Escalation {
    /// Time since the search began.
    pub after: Option<Duration>,
    /// Candidates checked.
    pub candidates: Option<usize>,
    /// The chance that what waits holds the repair has fallen below this, from 0 to 1.
    pub below: Option<f32>,
    /// Only for failures of these languages; all when empty.
    pub only: Vec<Language>,
}

/// The user's rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Stages in their order; what is not here is not used.
    pub order: Vec<Stage>,
    pub model: Escalation,
    pub endpoint: Escalation,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            order: Stage::ALL.to_vec(),
            model: Escalation::default(),
            endpoint: Escalation {
                after: Some(ENDPOINT_AFTER),
                below: Some(ENDPOINT_BELOW),
                ..Escalation::default()
            },
        }
    }
}

/// Whether there is somebody to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Here,
    /// Why not, for people.
    Absent(String),
}

/// Who is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    pub ranking: Presence,
    pub model: Presence,
    pub endpoint: Presence,
}

/// What is known of a search at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// The output was read as a failure with a kind and a message.
    pub understood: bool,
    pub language: Option<Language>,
    /// Suspected lines.
    pub suspects: usize,
    /// Since the search began.
    pub searched: Duration,
    /// Until it must end.
    pub left: Duration,
    /// Candidates checked so far.
    pub checked: usize,
    /// The chance that what waits holds the repair.
    pub confidence: Option<f32>,
    /// Something has passed that nothing speaks against: the chance that it is right.
    pub passed: Option<f32>,
    /// Nothing that costs less is left to be tried.
    pub idle: bool,
}

/// What a stage is to do now.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    Now(Decision),
    /// Not yet: to be asked again when more is known.
    Later,
    /// Not in this search; said once.
    Never(Decision),
    /// It has had its turn.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    /// It was told that it is its turn.
    Called,
    /// Its first candidates are there.
    Begun,
    Ended,
}

/// Decides for one search.
#[derive(Clone, Debug)]
pub struct Router {
    settings: Settings,
    present: Present,
    states: [State; Stage::ALL.len()],
}

impl Router {
    pub fn new(settings: Settings, present: Present) -> Self {
        Self { settings, present, states: [State::Waiting; Stage::ALL.len()] }
    }

    /// Whether it is this stage's turn.
    pub fn turn(&mut self, stage: Stage, known: &Known) -> Turn {
        if self.states[stage as usize] != State::Waiting {
            return Turn::Over;
        }
        let confidence = known.confidence.filter(|_| self.escalation(stage).is_some());
        if let Some(reason) = self.obstacle(stage, known) {
            self.states[stage as usize] = State::Ended;
            return Turn::Never(Decision { stage, taken: false, reason, confidence: None });
        }
        if !self.is_next(stage) {
            return Turn::Later;
        }
        let reason = match self.escalation(stage) {
            None => Some(Reason::new("at-once", always(stage))),
            // What has passed may still be taken back, as long as anything is under way.
            Some(_) if known.passed.is_some() && !known.idle => None,
            Some(_) if known.passed.is_some() => {
                self.states[stage as usize] = State::Ended;
                let (reason, confidence) = (not_reached(known), known.passed);
                return Turn::Never(Decision { stage, taken: false, reason, confidence });
            }
            Some(_) if known.left < LEAST => {
                self.states[stage as usize] = State::Ended;
                let text = "less than a second is left: an answer would come too late";
                let reason = Reason::new("too-late", text);
                return Turn::Never(Decision { stage, taken: false, reason, confidence });
            }
            Some(escalation) => escalation.holds(known),
        };
        let Some(reason) = reason else { return Turn::Later };
        self.states[stage as usize] = State::Called;
        Turn::Now(Decision { stage, taken: true, reason, confidence })
    }

    /// This stage's first candidates are there: those after it need not wait for it, unless it takes long.
    pub fn begun(&mut self, stage: Stage) {
        self.states[stage as usize] = State::Begun;
    }

    /// This stage has nothing more to give.
    pub fn ended(&mut self, stage: Stage) {
        self.states[stage as usize] = State::Ended;
    }

    /// True when this stage has had its turn, or never gets one.
    pub fn is_over(&self, stage: Stage) -> bool {
        self.states[stage as usize] == State::Ended
    }

    /// The search has ended: what is to be said of those whose turn did not come.
    pub fn close(&mut self, known: &Known) -> Vec<Decision> {
        let mut out = Vec::new();
        for stage in Stage::ALL {
            match self.turn(stage, known) {
                Turn::Never(decision) => out.push(decision),
                Turn::Now(_) | Turn::Later => out.push(Decision {
                    stage,
                    taken: false,
                    reason: not_reached(known),
                    confidence: known.passed,
                }),
                Turn::Over => {}
            }
            self.ended(stage);
        }
        out
    }

    /// Why this stage cannot be used at all.
    fn obstacle(&self, stage: Stage, known: &Known) -> Option<Reason> {
        if !self.settings.order.contains(&stage) {
            return Some(Reason::new("left-out", "the configuration leaves it out"));
        }
        let presence = match stage {
            Stage::Rules | Stage::Search => return None,
            Stage::Ranking => &self.present.ranking,
            Stage::Model => &self.present.model,
            Stage::Endpoint => &self.present.endpoint,
        };
        if let Presence::Absent(why) = presence {
            return Some(Reason::new("absent", why.clone()));
        }
        let only = self.escalation(stage).map(|escalation| escalation.only.as_slice())?;
        if !only.is_empty() && !known.language.is_some_and(|language| only.contains(&language)) {
            let names: Vec<&str> = only.iter().map(|language| language.name()).collect();
            let this = known.language.map_or("of no known language", Language::name);
            let text = format!("it is for {}, and this failure is {this}", names.join(", "));
            return Some(Reason::new("other-language", text));
        }
        if !known.understood {
            let text = "the failure is not understood: there is nothing to ask about";
            return Some(Reason::new("not-understood", text));
        }
        let text = "no line of the repository is suspected";
        (known.suspects == 0).then(|| Reason::new("no-suspect", text))
    }

    /// True when those before it in the order have begun, and those that take long have ended.
    fn is_next(&self, stage: Stage) -> bool {
        let order = &self.settings.order;
        let before = order.iter().take_while(|other| **other != stage);
        before.filter(|other| **other != Stage::Ranking && stage != Stage::Ranking).all(|other| {
            match self.states[*other as usize] {
                State::Waiting | State::Called => false,
                State::Begun => self.escalation(*other).is_none(),
                State::Ended => true,
            }
        })
    }

    /// The rule for a stage that takes long; the others come at once.
    fn escalation(&self, stage: Stage) -> Option<&Escalation> {
        match stage {
            Stage::Rules | Stage::Search | Stage::Ranking => None,
            Stage::Model => Some(&self.settings.model),
            Stage::Endpoint => Some(&self.settings.endpoint),
        }
    }
}

impl Escalation {
    /// Why it is time, if it is.
    fn holds(&self, known: &Known) -> Option<Reason> {
        if self.after.is_none() && self.candidates.is_none() && self.below.is_none() {
            let text = "the first candidates of what costs less are being checked";
            return Some(Reason::new("begun", text));
        }
        if known.idle {
            return Some(Reason::new("idle", "nothing that costs less is left to be tried"));
        }
        if let Some(most) = self.candidates.filter(|most| known.checked >= *most) {
            let text = format!("{most} candidates were checked, and none is a repair");
            return Some(Reason::new("candidates", text));
        }
        if let Some((least, chance)) = self.below.zip(known.confidence)
            && chance < least
        {
            let (chance, least) = (percent(chance), percent(least));
            let text = format!(
                "what waits holds the repair in {chance} of 100 such cases, less than {least}"
            );
            return Some(Reason::new("chance", text));
        }
        let after = self.after.filter(|after| known.searched >= *after)?;
        let text = format!("{} s of searching have found nothing", after.as_secs_f64());
        Some(Reason::new("time", text))
    }
}

fn always(stage: Stage) -> &'static str {
    match stage {
        Stage::Rules => "it costs next to nothing: answers to this very error",
        Stage::Ranking => "a model is there, and its opinion costs less than checks",
        _ => "a check costs little: small transformations of suspect lines",
    }
}

fn not_reached(known: &Known) -> Reason {
    match known.passed {
        Some(chance) => {
            let chance = percent(chance);
            let text = format!(
                "something that costs less has passed, which is right in {chance} of 100 such cases"
            );
            Reason::new("passed", text)
        }
        None => Reason::new("not-reached", "its time did not come before the search ended"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "from 0 to 100")]
fn percent(chance: f32) -> i32 {
    (chance.clamp(0.0, 1.0) * 100.0).round() as i32
}

#[cfg(test)]
mod tests;

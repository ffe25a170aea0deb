//! Writing what mostly stands in the prompt, and what does not, with proposals and without.
//!
//! The text is forced: a model of random weights would write no edit. It computes all the same, and
//! what it would have to compute does not depend on what it thinks of the text.

use std::time::Duration;

use serde::Serialize;

use super::statistics::{Ratio, Times, rate};
use super::workload::{Editing, prose};
use super::{Round, Sizes, Subject};
use crate::engine::{GenerateRequest, Usage};

/// Free texts of a round.
const PROSE: usize = 2;

/// What the rounds took: without proposals, with them.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits {
    edits: Vec<(&'static str, Usage, Usage)>,
    prose: Vec<(&'static str, Usage, Usage)>,
}

/// What proposals gain.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Gain {
    /// Time without them over time with them.
    pub(super) ratio: Ratio,
    /// For each text, decoding alone.
    pub(super) plain_ms: Times,
    pub(super) proposals_ms: Times,
    /// All texts together.
    pub(super) plain_tokens_per_second: f64,
    pub(super) proposals_tokens_per_second: f64,
    pub(super) drafted: usize,
    pub(super) accepted: usize,
    pub(super) cases: Vec<Case>,
}

/// One text.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Case {
    pub(super) kind: &'static str,
    pub(super) tokens: usize,
    pub(super) ratio: f64,
    pub(super) drafted: usize,
    pub(super) accepted: usize,
}

impl Edits {
    /// Every edit once.
    pub(super) fn edits(&mut self, round: &mut Round<'_>, sizes: &Sizes) -> anyhow::Result<()> {
        let editing = fitting(round.subject, sizes)?;
        for (index, edit) in editing.edits.iter().enumerate() {
            let request = |prompt| GenerateRequest {
                prompt,
                lookup: vec![editing.file.clone()],
                forced: Some(edit.after.clone()),
                max_tokens: usize::MAX,
                ..Default::default()
            };
            let (plain, proposals) = pair(round, &request(editing.prompt(edit)), index, edit.kind)?;
            self.edits.push((edit.kind, plain, proposals));
        }
        Ok(())
    }

    /// Prose after code: nothing in it can be foreseen but its own repetitions.
    pub(super) fn prose(&mut self, round: &mut Round<'_>, sizes: &Sizes) -> anyhow::Result<()> {
        let code = round.subject.code(&round.mark("prose"), sizes.prompt)?;
        for index in 0..PROSE {
            let request = GenerateRequest {
                prompt: format!("{code}\n\n"),
                lookup: vec![code.clone()],
                forced: Some(prose(PROSE * round.number + index, sizes.prose)),
                max_tokens: usize::MAX,
                ..Default::default()
            };
            let (plain, proposals) = pair(round, &request, index, "prose")?;
            self.prose.push(("prose", plain, proposals));
        }
        Ok(())
    }

    pub(super) fn edit_gain(&self) -> Option<Gain> {
        gain(&self.edits)
    }

    pub(super) fn prose_gain(&self) -> Option<Gain> {
        gain(&self.prose)
    }
}

/// As many lines of the file as the context holds with their edits.
fn fitting(subject: &mut Subject, sizes: &Sizes) -> anyhow::Result<Editing> {
    let context = subject.info().context;
    let mut shown = sizes.shown;
    loop {
        let editing = Editing::new(shown);
        let longest = editing.edits.iter().max_by_key(|edit| edit.after.len());
        let prompt = longest.map(|edit| editing.prompt(edit) + &edit.after).unwrap_or_default();
        // A token may be proposed beyond the end.
        if subject.count(&prompt)? + 32 < context || shown <= 4 {
            return Ok(editing);
        }
        shown = shown * 3 / 4;
    }
}

/// The same text without proposals and with them; which comes first takes turns.
fn pair(
    round: &mut Round<'_>,
    request: &GenerateRequest,
    index: usize,
    what: &str,
) -> anyhow::Result<(Usage, Usage)> {
    let mut run = |speculate: bool| -> anyhow::Result<Usage> {
        round.step(&format!("{what}, {}", if speculate { "proposals" } else { "no proposals" }));
        let request = GenerateRequest { speculate, ..request.clone() };
        Ok(round.generate(&request)?.usage)
    };
    if index.is_multiple_of(2) {
        let plain = run(false)?;
        Ok((plain, run(true)?))
    } else {
        let proposals = run(true)?;
        Ok((run(false)?, proposals))
    }
}

fn gain(list: &[(&'static str, Usage, Usage)]) -> Option<Gain> {
    let ratio = |plain: &Usage, proposals: &Usage| {
        plain.decode.as_secs_f64() / proposals.decode.as_secs_f64()
    };
    let cases = list.iter().map(|(kind, plain, proposals)| Case {
        kind,
        tokens: proposals.generated,
        ratio: ratio(plain, proposals),
        drafted: proposals.drafted,
        accepted: proposals.accepted,
    });
    let times = |of: fn(&(&'static str, Usage, Usage)) -> Usage| -> (Vec<Duration>, f64) {
        let all: Vec<Usage> = list.iter().map(of).collect();
        let times: Vec<Duration> = all.iter().map(|usage| usage.decode).collect();
        let tokens = all.iter().map(|usage| usage.generated).sum();
        (times.clone(), rate(tokens, times.iter().sum()))
    };
    let (plain, plain_tokens_per_second) = times(|case| case.1);
    let (proposals, proposals_tokens_per_second) = times(|case| case.2);
    Some(Gain {
        ratio: Ratio::of(list.iter().map(|(_, plain, proposals)| ratio(plain, proposals)))?,
        plain_ms: Times::of(&plain)?,
        proposals_ms: Times::of(&proposals)?,
        plain_tokens_per_second,
        proposals_tokens_per_second,
        drafted: list.iter().map(|(_, _, usage)| usage.drafted).sum(),
        accepted: list.iter().map(|(_, _, usage)| usage.accepted).sum(),
        cases: cases.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_is_above_one_when_proposals_save_time() {
        let took = |seconds, generated, drafted, accepted| Usage {
            decode: Duration::from_secs(seconds),
            generated,
            drafted,
            accepted,
            ..Usage::default()
        };
        let list = [
            ("rename", took(6, 30, 0, 0), took(2, 30, 40, 20)),
            ("swap", took(4, 20, 0, 0), took(8, 20, 10, 0)),
        ];
        let gain = gain(&list).unwrap();
        let ratios: Vec<f64> = gain.cases.iter().map(|case| case.ratio).collect();
        assert_eq!(ratios, [3.0, 0.5]);
        assert_eq!((gain.ratio.low, gain.ratio.high), (0.5, 3.0));
        assert_eq!((gain.plain_ms.p50, gain.plain_tokens_per_second), (5000.0, 5.0));
        assert_eq!((gain.drafted, gain.accepted), (50, 20));
    }
}

//! Completions of one prompt: lanes that share it and are decoded together.
//!
//! Lanes that have chosen the same tokens so far share these too. The last lane that is left
//! decodes several tokens at once where `lookup` has a proposal: the model's own choice is made
//! after each of them, with the same random numbers as without, so the output is the same.

use std::time::{Duration, Instant};

use llama_cpp_2::token::LlamaToken;

use super::draft::Drafter;
use super::lookup::{Lookup, Proposal};
use super::pace::{self, Origin, Pace};
use super::pieces::{Fitting, Pieces};
use super::sampling::{self, Rng};
use super::session::{Halt, LANES, Session, Step, Stop};
use super::stream::Stream;
use crate::engine::grammar::{Grammar, Matcher};
use crate::engine::{Completion, EngineError, Finish, GenerateRequest, Sampling, Usage};

/// Most parallel completions of one request.
const MAX_LANES: usize = 16;

/// Tokens of a lane before it may be given up.
const FAIR_TRIAL: usize = 4;

const _: () = assert!(MAX_LANES <= LANES);

/// What stays between requests beside the session.
pub(super) struct Tools<'m> {
    pub(super) pieces: Pieces,
    pub(super) guide: Guide<'m>,
}

/// What is known about which tokens to foresee.
pub(super) struct Guide<'m> {
    pub(super) pace: Pace,
    pub(super) drafter: Option<Drafter<'m>>,
}

/// More of one completion: its number, new text, new log-probabilities.
pub(super) type OnText<'a> = &'a mut dyn FnMut(usize, &str, Vec<f32>);

/// Generates as [`crate::engine::Engine::generate`] describes.
pub(super) fn generate(
    session: &mut Session<'_>,
    tools: &mut Tools<'_>,
    request: &GenerateRequest,
    stop: Stop<'_>,
    on_text: OnText<'_>,
) -> Result<(Vec<Completion>, Usage), EngineError> {
    if request.n == 0 || request.n > MAX_LANES {
        let message = format!("{} completions; 1 to {MAX_LANES} are possible", request.n);
        return Err(EngineError::BadRequest(message));
    }
    sampling::validate(&request.sampling).map_err(EngineError::BadRequest)?;
    let grammar = match &request.grammar {
        Some(text) => {
            Some(Grammar::parse(text).map_err(|error| EngineError::BadGrammar(error.to_string()))?)
        }
        None => None,
    };
    let prompt = session.tokenize_prompt(&request.prompt)?;
    let forced = request.forced.as_ref().map(|text| session.tokenize(text));
    let work =
        Work { pieces: &tools.pieces, request, prompt: &prompt, forced: forced.as_deref(), stop };
    let mut usage = Usage { prompt: prompt.len(), ..Usage::default() };
    let mut lanes = begin(request, grammar.as_ref());
    let guide = &mut tools.guide;
    let outcome = work.run(session, guide, &mut lanes, &mut usage, on_text);
    session.release(request.n);
    let rest = match outcome {
        Ok(()) | Err(Halt::Full) => Finish::Length,
        Err(Halt::Cancelled) => Finish::Cancelled,
        Err(Halt::Failed(reason)) => {
            session.reset();
            return Err(EngineError::BadRequest(format!("decoding failed: {reason}")));
        }
    };
    usage.generated = lanes.iter().map(|lane| lane.tokens.len()).sum();
    usage.choosing = lanes.iter().map(|lane| lane.choosing).sum();
    let mut completions = Vec::with_capacity(lanes.len());
    for mut lane in lanes.into_iter().filter(|lane| !lane.given_up) {
        let text = lane.stream.finish(&request.stop);
        if !text.is_empty() {
            on_text(lane.number, text, Vec::new());
        }
        completions.push(Completion {
            text: lane.stream.into_text(),
            logprobs: lane.logprobs,
            finish: lane.finish.unwrap_or(rest),
            votes: 1,
        });
    }
    Ok((ranked(completions), usage))
}

/// Best first, each text once.
fn ranked(mut completions: Vec<Completion>) -> Vec<Completion> {
    completions.sort_by(|a, b| b.mean_logprob().total_cmp(&a.mean_logprob()));
    let mut out: Vec<Completion> = Vec::with_capacity(completions.len());
    for completion in completions {
        let same = |known: &&mut Completion| {
            (&known.text, known.finish) == (&completion.text, completion.finish)
        };
        match out.iter_mut().find(same) {
            Some(known) => known.votes += 1,
            None => out.push(completion),
        }
    }
    out
}

/// One completion in the making.
struct Lane<'g> {
    number: usize,
    matcher: Option<Matcher<'g>>,
    rng: Rng,
    stream: Stream,
    /// Chosen so far; the last one is not decoded yet.
    tokens: Vec<LlamaToken>,
    logprobs: Vec<f32>,
    /// Time its choices took.
    choosing: Duration,
    /// Lanes of one company have the same tokens but for the last, in the same cells.
    company: usize,
    finish: Option<Finish>,
    given_up: bool,
}

fn begin<'g>(request: &GenerateRequest, grammar: Option<&'g Grammar>) -> Vec<Lane<'g>> {
    let seed = match request.sampling {
        Sampling::Greedy => 0,
        Sampling::Nucleus { seed, .. } | Sampling::MinP { seed, .. } => seed,
    };
    (0..request.n)
        .map(|number| Lane {
            number,
            matcher: grammar.map(Matcher::new),
            rng: Rng::new(seed, number),
            stream: Stream::default(),
            tokens: Vec::new(),
            logprobs: Vec::new(),
            choosing: Duration::ZERO,
            company: 0,
            finish: None,
            given_up: false,
        })
        .collect()
}

/// A request on its way.
struct Work<'w> {
    pieces: &'w Pieces,
    request: &'w GenerateRequest,
    prompt: &'w [LlamaToken],
    /// The output, when it is not the model that decides.
    forced: Option<&'w [LlamaToken]>,
    stop: Stop<'w>,
}

impl Work<'_> {
    fn run(
        &self,
        session: &mut Session<'_>,
        guide: &mut Guide<'_>,
        lanes: &mut [Lane<'_>],
        usage: &mut Usage,
        on_text: OnText<'_>,
    ) -> Result<(), Halt> {
        let began = Instant::now();
        let logits = session.hold(self.prompt, self.stop)?.to_vec();
        let found = session.found();
        (usage.kept, usage.restored) = (found.kept, found.restored);
        usage.prefill = began.elapsed();
        // Lanes share the prompt's cells and divide the others.
        let budget = (session.limit() - self.prompt.len())
            .min(session.spare_cells() / lanes.len())
            .min(self.request.max_tokens);
        for lane in lanes.iter_mut() {
            self.advance(lane, session, &logits, budget, on_text)?;
        }
        // Not before the first token has been shown.
        session.save(usage.prefill);
        let began = Instant::now();
        session.branch(lanes.len())?;
        let outcome = self.decode(session, guide, lanes, budget, usage, on_text);
        usage.decode = began.elapsed();
        outcome
    }

    fn decode(
        &self,
        session: &mut Session<'_>,
        guide: &mut Guide<'_>,
        lanes: &mut [Lane<'_>],
        budget: usize,
        usage: &mut Usage,
        on_text: OnText<'_>,
    ) -> Result<(), Halt> {
        loop {
            let live: Vec<usize> =
                (0..lanes.len()).filter(|&i| lanes[i].finish.is_none()).collect();
            match live.as_slice() {
                [] => return Ok(()),
                // What was decoded ahead in vain must be forgotten again.
                &[last] if session.can_forget() => {
                    let lane = &mut lanes[last];
                    return self.decode_ahead(session, guide, lane, budget, usage, on_text);
                }
                live => self.decode_together(session, lanes, live, budget, usage, on_text)?,
            }
            self.give_up(lanes);
        }
    }

    /// One token of each of the `live` lanes.
    fn decode_together(
        &self,
        session: &mut Session<'_>,
        lanes: &mut [Lane<'_>],
        live: &[usize],
        budget: usize,
        usage: &mut Usage,
        on_text: OnText<'_>,
    ) -> Result<(), Halt> {
        if (self.stop)() {
            return Err(Halt::Cancelled);
        }
        let mut companies: Vec<(usize, LlamaToken, Vec<usize>)> = Vec::new();
        for &index in live {
            let lane = &lanes[index];
            let Some(&next) = lane.tokens.last() else { continue };
            let same = |known: &&mut (usize, LlamaToken, Vec<usize>)| {
                session.can_share() && (known.0, known.1) == (lane.company, next)
            };
            match companies.iter_mut().find(same) {
                Some((_, _, members)) => members.push(index),
                None => companies.push((lane.company, next, vec![index])),
            }
        }
        let cells: Vec<Vec<i32>> = companies
            .iter()
            .map(|(_, _, members)| members.iter().map(|&index| index as i32 + 1).collect())
            .collect();
        let position = |members: &[usize]| {
            self.prompt.len() + members.first().map_or(0, |&index| lanes[index].tokens.len()) - 1
        };
        let steps: Vec<Step<'_>> = companies
            .iter()
            .zip(&cells)
            .map(|((_, token, members), cells)| Step {
                token: *token,
                position: position(members),
                lanes: cells,
            })
            .collect();
        session.decode(&steps)?;
        usage.calls += 1;
        for (row, (_, _, members)) in companies.iter().enumerate() {
            let logits = session.logits(row)?;
            for &index in members {
                lanes[index].company = row;
                self.advance(&mut lanes[index], session, logits, budget, on_text)?;
            }
        }
        Ok(())
    }

    /// A lane to its end, several tokens at a time where they can be foreseen.
    fn decode_ahead(
        &self,
        session: &mut Session<'_>,
        guide: &mut Guide<'_>,
        lane: &mut Lane<'_>,
        budget: usize,
        usage: &mut Usage,
        on_text: OnText<'_>,
    ) -> Result<(), Halt> {
        let own = [lane.number as i32 + 1];
        let mut lookup = self.request.speculate.then(|| self.lookup(session, lane));
        while lane.finish.is_none() {
            if (self.stop)() {
                return Err(Halt::Cancelled);
            }
            let copied = lookup.as_mut().and_then(|l| l.propose(pace::MOST)).unwrap_or_default();
            let Some(&next) = lane.tokens.last() else { break };
            // A token decoded ahead takes a place of the budget's.
            let room = budget - lane.tokens.len();
            let count = guide.pace.drafts(copied.past, room.min(copied.tokens.len()));
            let guessed = if count == 0 && lookup.is_some() {
                self.guess(guide, lane, room)?
            } else {
                Vec::new()
            };
            let ahead = if count > 0 { &copied.tokens[..count] } else { &guessed };
            let first = self.prompt.len() + lane.tokens.len() - 1;
            let steps: Vec<Step<'_>> = std::iter::once(&next)
                .chain(ahead)
                .zip(first..)
                .map(|(&token, position)| Step { token, position, lanes: &own })
                .collect();
            let began = Instant::now();
            session.decode(&steps)?;
            guide.pace.took(steps.len(), began.elapsed());
            usage.calls += 1;
            usage.drafted += ahead.len();
            let before = lane.tokens.len();
            for row in 0..steps.len() {
                self.advance(lane, session, session.logits(row)?, budget, on_text)?;
                let chosen = lane.tokens.len() > before + row;
                if lane.finish.is_some() || !chosen || lane.tokens.last() != ahead.get(row) {
                    break;
                }
            }
            let fresh = &lane.tokens[before..];
            // The last one chosen is not decoded yet, unless it was foreseen.
            let good = fresh.iter().zip(ahead).take_while(|(a, b)| a == b).count();
            usage.accepted += good;
            if good < ahead.len() {
                session.forget(own[0], first + 1 + good)?;
            }
            let Proposal { tokens, past } = &copied;
            judge(&mut guide.pace, Origin::Text { past: *past }, tokens, fresh);
            judge(&mut guide.pace, Origin::Model, &guessed, fresh);
            if let Some(lookup) = &mut lookup {
                fresh.iter().for_each(|&token| lookup.push(token));
            }
        }
        Ok(())
    }

    /// What a smaller model would go on with, where asking it pays.
    fn guess(
        &self,
        guide: &mut Guide<'_>,
        lane: &Lane<'_>,
        room: usize,
    ) -> Result<Vec<LlamaToken>, Halt> {
        let Guide { pace, drafter } = guide;
        let Some(own) = drafter else { return Ok(Vec::new()) };
        let count = pace.model_drafts(room.min(pace::MOST));
        if count == 0 {
            return Ok(Vec::new());
        }
        let tokens = [self.prompt, &lane.tokens].concat();
        match own.propose(tokens, count, pace, self.stop) {
            Err(Halt::Cancelled) => Err(Halt::Cancelled),
            Ok(tokens) => Ok(tokens),
            Err(halt) => {
                // It was only to save time.
                tracing::warn!("the draft model fails and is not asked any more: {halt:?}");
                *drafter = None;
                Ok(Vec::new())
            }
        }
    }

    /// What the lane may repeat: texts given along, the prompt, and its own tokens.
    fn lookup(&self, session: &Session<'_>, lane: &Lane<'_>) -> Lookup {
        let mut lookup = Lookup::default();
        for text in &self.request.lookup {
            lookup.add_text(&session.tokenize(text));
        }
        for &token in self.prompt.iter().chain(&lane.tokens) {
            lookup.push(token);
        }
        lookup
    }

    /// Lanes too far behind a finished one are ended.
    fn give_up(&self, lanes: &mut [Lane<'_>]) {
        let Some(distance) = self.request.give_up else { return };
        let finished = lanes.iter().filter(|lane| lane.finish == Some(Finish::Stop));
        let Some(best) = finished.map(Lane::mean_logprob).max_by(f32::total_cmp) else { return };
        for lane in lanes.iter_mut().filter(|lane| lane.finish.is_none()) {
            if lane.tokens.len() >= FAIR_TRIAL && lane.mean_logprob() < best - distance {
                lane.finish = Some(Finish::Length);
                lane.given_up = true;
            }
        }
    }

    /// Chooses the lane's next token after `logits`, or finishes the lane.
    fn advance(
        &self,
        lane: &mut Lane<'_>,
        session: &Session<'_>,
        logits: &[f32],
        budget: usize,
        on_text: &mut dyn FnMut(usize, &str, Vec<f32>),
    ) -> Result<(), Halt> {
        if lane.tokens.len() >= budget {
            lane.finish = Some(Finish::Length);
            return Ok(());
        }
        let Some(normaliser) = sampling::log_normaliser(logits) else {
            return Err(Halt::Failed("the model computes NaN: the file is broken".to_owned()));
        };
        let began = Instant::now();
        let choice = self.choose(lane, session, logits);
        lane.choosing += began.elapsed();
        let Some(token) = choice else {
            // Forced to its end, or the vocabulary has nothing the grammar could go on with.
            lane.finish = Some(match &lane.matcher {
                Some(matcher) if !matcher.may_end() => Finish::Length,
                None if self.forced.is_none() => Finish::Length,
                _ => Finish::Stop,
            });
            return Ok(());
        };
        let next = LlamaToken(token as i32);
        if session.vocab.is_eog(next) {
            lane.finish = Some(Finish::Stop);
            return Ok(());
        }
        let logprob = logits[token] - normaliser;
        lane.tokens.push(next);
        lane.logprobs.push(logprob);
        let bytes = self.pieces.get(session, token);
        let text = lane.stream.push(bytes, &self.request.stop);
        on_text(lane.number, text, vec![logprob]);
        let began = Instant::now();
        let complete = match &mut lane.matcher {
            // `choose` asked before, so it does fit.
            Some(matcher) => !matcher.accept(bytes) || matcher.must_end(),
            None => false,
        };
        lane.choosing += began.elapsed();
        if complete || lane.stream.stopped() {
            lane.finish = Some(Finish::Stop);
        } else if lane.tokens.len() >= budget {
            lane.finish = Some(Finish::Length);
        }
        Ok(())
    }

    fn choose(&self, lane: &mut Lane<'_>, session: &Session<'_>, logits: &[f32]) -> Option<usize> {
        if let Some(forced) = self.forced {
            let token = forced.get(lane.tokens.len())?.0;
            return usize::try_from(token).ok().filter(|&token| token < logits.len());
        }
        let matcher = lane.matcher.as_ref();
        let mut filter = Fitting { session, pieces: self.pieces, matcher };
        let sampling = &self.request.sampling;
        // Greedy lanes would all be the same: the others begin with the runners-up.
        if matches!(sampling, Sampling::Greedy) && lane.number > 0 && lane.tokens.is_empty() {
            return sampling::ranked(logits, lane.number, &mut filter);
        }
        sampling::pick(logits, sampling, &mut lane.rng, &mut filter)
    }
}

impl Lane<'_> {
    fn mean_logprob(&self) -> f32 {
        self.logprobs.iter().sum::<f32>() / self.logprobs.len().max(1) as f32
    }
}

/// Counts which of the proposed tokens came true, whether they were sent to the model or not.
fn judge(pace: &mut Pace, origin: Origin, proposed: &[LlamaToken], fresh: &[LlamaToken]) {
    if proposed.is_empty() {
        return;
    }
    let right = fresh.iter().zip(proposed).take_while(|(a, b)| a == b).count();
    let failed = right < fresh.len().min(proposed.len());
    pace.judge(origin, right, failed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_counts_once() {
        let completion = |text: &str, logprob: f32| Completion {
            text: text.to_owned(),
            logprobs: vec![logprob],
            finish: Finish::Stop,
            votes: 1,
        };
        let list = [("b", -2.0), ("a", -1.0), ("b", -3.0), ("a", -1.5), ("b", -2.5)];
        let list = ranked(list.map(|(text, logprob)| completion(text, logprob)).to_vec());
        let shown: Vec<_> =
            list.iter().map(|c| (c.text.as_str(), c.logprobs[0], c.votes)).collect();
        assert_eq!(shown, [("a", -1.0, 2), ("b", -2.0, 3)]);
    }
}

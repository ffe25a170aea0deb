//! Completions of one prompt: lanes that share it and are decoded together.

use std::cell::OnceCell;

use llama_cpp_2::token::LlamaToken;

use super::sampling::{self, Rng};
use super::session::{Halt, LANES, Session, Step, Stop};
use super::stream::Stream;
use crate::engine::grammar::{Grammar, Matcher};
use crate::engine::{Completion, EngineError, Finish, GenerateRequest, Sampling};

/// Most parallel completions of one request.
const MAX_LANES: usize = 16;

const _: () = assert!(MAX_LANES <= LANES);

/// The bytes of each token, looked up when first needed.
pub(super) struct Pieces(Vec<OnceCell<Box<[u8]>>>);

impl Pieces {
    pub(super) fn new(vocabulary: usize) -> Self {
        let mut cells = Vec::new();
        cells.resize_with(vocabulary, OnceCell::new);
        Self(cells)
    }

    /// The bytes of a token; none for a control token.
    fn get(&self, session: &Session<'_>, token: usize) -> &[u8] {
        let Some(cell) = self.0.get(token) else { return &[] };
        cell.get_or_init(|| {
            session.vocab.token_to_piece(LlamaToken(token as i32), false, None).into_boxed_slice()
        })
    }
}

/// More of one completion: its number, new text, new log-probabilities.
pub(super) type OnText<'a> = &'a mut dyn FnMut(usize, &str, Vec<f32>);

/// Generates as [`crate::engine::Engine::generate`] describes.
pub(super) fn generate(
    session: &mut Session<'_>,
    pieces: &Pieces,
    request: &GenerateRequest,
    stop: Stop<'_>,
    on_text: OnText<'_>,
) -> Result<Vec<Completion>, EngineError> {
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
    let mut lanes = begin(request, grammar.as_ref());
    let outcome = decode(session, pieces, request, &prompt, &mut lanes, stop, on_text);
    session.release(request.n);
    let rest = match outcome {
        Ok(()) | Err(Halt::Full) => Finish::Length,
        Err(Halt::Cancelled) => Finish::Cancelled,
        Err(Halt::Failed(reason)) => {
            session.reset();
            return Err(EngineError::BadRequest(format!("decoding failed: {reason}")));
        }
    };
    let mut completions = Vec::with_capacity(lanes.len());
    for mut lane in lanes {
        let text = lane.stream.finish(&request.stop);
        if !text.is_empty() {
            on_text(lane.number, text, Vec::new());
        }
        completions.push(Completion {
            text: lane.stream.into_text(),
            logprobs: lane.logprobs,
            finish: lane.finish.unwrap_or(rest),
        });
    }
    completions.sort_by(|a, b| b.mean_logprob().total_cmp(&a.mean_logprob()));
    Ok(completions)
}

/// One completion in the making.
struct Lane<'g> {
    number: usize,
    matcher: Option<Matcher<'g>>,
    rng: Rng,
    stream: Stream,
    logprobs: Vec<f32>,
    /// Chosen, not yet decoded.
    next: LlamaToken,
    finish: Option<Finish>,
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
            logprobs: Vec::new(),
            next: LlamaToken(0),
            finish: None,
        })
        .collect()
}

fn decode(
    session: &mut Session<'_>,
    pieces: &Pieces,
    request: &GenerateRequest,
    prompt: &[LlamaToken],
    lanes: &mut [Lane<'_>],
    stop: Stop<'_>,
    on_text: OnText<'_>,
) -> Result<(), Halt> {
    let logits = session.hold(prompt, stop)?.to_vec();
    // Lanes share the prompt's cells and divide the others.
    let budget = (session.limit() - prompt.len())
        .min(session.spare_cells() / lanes.len())
        .min(request.max_tokens);
    for lane in lanes.iter_mut() {
        lane.advance(session, pieces, request, &logits, budget, on_text)?;
    }
    session.branch(lanes.len())?;
    let mut position = prompt.len();
    loop {
        let live: Vec<usize> = (0..lanes.len()).filter(|&i| lanes[i].finish.is_none()).collect();
        if live.is_empty() {
            return Ok(());
        }
        if stop() {
            return Err(Halt::Cancelled);
        }
        let own: Vec<[i32; 1]> = live.iter().map(|&i| [i as i32 + 1]).collect();
        let steps: Vec<Step<'_>> = live
            .iter()
            .zip(&own)
            .map(|(&i, own)| Step { token: lanes[i].next, position, lanes: own })
            .collect();
        session.decode(&steps)?;
        position += 1;
        for (row, &i) in live.iter().enumerate() {
            let logits = session.logits(row)?;
            lanes[i].advance(session, pieces, request, logits, budget, on_text)?;
        }
    }
}

impl Lane<'_> {
    /// Chooses the next token after `logits`, or finishes.
    fn advance(
        &mut self,
        session: &Session<'_>,
        pieces: &Pieces,
        request: &GenerateRequest,
        logits: &[f32],
        budget: usize,
        on_text: &mut dyn FnMut(usize, &str, Vec<f32>),
    ) -> Result<(), Halt> {
        if self.logprobs.len() >= budget {
            self.finish = Some(Finish::Length);
            return Ok(());
        }
        let Some(normaliser) = sampling::log_normaliser(logits) else {
            return Err(Halt::Failed("the model computes NaN: the file is broken".to_owned()));
        };
        let Some(token) = self.choose(session, pieces, request, logits) else {
            // The vocabulary has nothing the grammar could go on with.
            self.finish = Some(match &self.matcher {
                Some(matcher) if matcher.may_end() => Finish::Stop,
                _ => Finish::Length,
            });
            return Ok(());
        };
        self.next = LlamaToken(token as i32);
        if session.vocab.is_eog(self.next) {
            self.finish = Some(Finish::Stop);
            return Ok(());
        }
        let logprob = logits[token] - normaliser;
        self.logprobs.push(logprob);
        let bytes = pieces.get(session, token);
        let text = self.stream.push(bytes, &request.stop);
        on_text(self.number, text, vec![logprob]);
        let complete = match &mut self.matcher {
            // `choose` asked before, so it does fit.
            Some(matcher) => !matcher.accept(bytes) || matcher.must_end(),
            None => false,
        };
        if complete || self.stream.stopped() {
            self.finish = Some(Finish::Stop);
        } else if self.logprobs.len() >= budget {
            self.finish = Some(Finish::Length);
        }
        Ok(())
    }

    fn choose(
        &mut self,
        session: &Session<'_>,
        pieces: &Pieces,
        request: &GenerateRequest,
        logits: &[f32],
    ) -> Option<usize> {
        let matcher = self.matcher.as_ref();
        let mut allowed = |token: usize| {
            let Some(matcher) = matcher else { return true };
            if session.vocab.is_eog(LlamaToken(token as i32)) {
                return matcher.may_end();
            }
            let bytes = pieces.get(session, token);
            !bytes.is_empty() && matcher.allows(bytes)
        };
        // Greedy lanes would all be the same: the others begin with the runners-up.
        if matches!(request.sampling, Sampling::Greedy)
            && self.number > 0
            && self.logprobs.is_empty()
        {
            return sampling::ranked(logits, self.number, &mut allowed);
        }
        sampling::pick(logits, &request.sampling, &mut self.rng, &mut allowed)
    }
}

//! Log-likelihoods of given continuations: lanes that share a prefix, decoded in batches.

use llama_cpp_2::token::LlamaToken;

use super::sampling::log_normaliser;
use super::session::{Halt, LANES, Session, Step, Stop};
use crate::engine::{EngineError, Score};

/// Most continuations of one request.
const MAX_CONTINUATIONS: usize = 65_536;

/// Scores as [`crate::engine::Engine::score`] describes.
pub(super) fn score(
    session: &mut Session<'_>,
    prefix: &str,
    continuations: &[String],
    stop: Stop<'_>,
) -> Result<Vec<Score>, EngineError> {
    if continuations.len() > MAX_CONTINUATIONS {
        let message = format!("{} continuations at once", continuations.len());
        return Err(EngineError::BadRequest(message));
    }
    let prefix = session.tokenize_prompt(prefix)?;
    let tokens: Vec<Vec<LlamaToken>> =
        continuations.iter().map(|text| session.tokenize(text)).collect();
    let longest = tokens.iter().map(Vec::len).max().unwrap_or(0);
    if prefix.len() + longest > session.limit() {
        let prompt = prefix.len() + longest;
        return Err(EngineError::PromptTooLong { prompt, context: session.limit() });
    }
    let mut sums = vec![0.0_f64; tokens.len()];
    match sum_all(session, &prefix, &tokens, &mut sums, stop) {
        Ok(()) => {}
        Err(Halt::Cancelled) => {
            session.release(LANES);
            return Err(EngineError::Cancelled);
        }
        Err(Halt::Full) => {
            session.reset();
            return Err(EngineError::PromptTooLong {
                prompt: prefix.len() + longest,
                context: session.limit(),
            });
        }
        Err(Halt::Failed(reason)) => {
            session.reset();
            return Err(EngineError::BadRequest(format!("decoding failed: {reason}")));
        }
    }
    let scores = sums
        .iter()
        .zip(&tokens)
        .map(|(&sum, tokens)| Score { logprob: sum as f32, tokens: tokens.len() });
    Ok(scores.collect())
}

fn sum_all(
    session: &mut Session<'_>,
    prefix: &[LlamaToken],
    tokens: &[Vec<LlamaToken>],
    sums: &mut [f64],
    stop: Stop<'_>,
) -> Result<(), Halt> {
    if tokens.is_empty() {
        return Ok(());
    }
    let logits = session.hold(prefix, stop)?;
    let normaliser = normaliser(logits)?;
    for (list, sum) in tokens.iter().zip(sums.iter_mut()) {
        if let Some(&first) = list.first() {
            *sum += f64::from(logit(logits, first)? - normaliser);
        }
    }
    // The last token of a continuation is predicted, never decoded.
    let longer: Vec<usize> = (0..tokens.len()).filter(|&i| tokens[i].len() > 1).collect();
    let mut rest = longer.as_slice();
    while !rest.is_empty() {
        let group = group(session, tokens, rest);
        let (now, later) = rest.split_at(group);
        rest = later;
        session.branch(now.len())?;
        let steps: Vec<(Step, usize, LlamaToken)> = now
            .iter()
            .enumerate()
            .flat_map(|(lane, &index)| {
                tokens[index].windows(2).enumerate().map(move |(offset, pair)| {
                    let position = prefix.len() + offset;
                    (Step { token: pair[0], position, lane: lane + 1 }, index, pair[1])
                })
            })
            .collect();
        for chunk in steps.chunks(session.rows()) {
            if stop() {
                return Err(Halt::Cancelled);
            }
            let bare: Vec<Step> = chunk.iter().map(|&(step, _, _)| step).collect();
            session.decode(&bare)?;
            for (row, &(_, index, next)) in chunk.iter().enumerate() {
                let logits = session.logits(row)?;
                sums[index] += f64::from(logit(logits, next)? - self::normaliser(logits)?);
            }
        }
        session.release(now.len());
    }
    Ok(())
}

/// How many of `rest` go into the next group: as lanes and cells allow, at least one.
fn group(session: &Session<'_>, tokens: &[Vec<LlamaToken>], rest: &[usize]) -> usize {
    let mut cells = session.spare_cells();
    let fitting = rest.iter().take(LANES).take_while(|&&index| {
        let need = tokens[index].len();
        let fits = need <= cells;
        cells = cells.saturating_sub(need);
        fits
    });
    fitting.count().max(1)
}

fn normaliser(logits: &[f32]) -> Result<f32, Halt> {
    log_normaliser(logits)
        .ok_or_else(|| Halt::Failed("the model computes NaN: the file is broken".to_owned()))
}

fn logit(logits: &[f32], token: LlamaToken) -> Result<f32, Halt> {
    usize::try_from(token.0)
        .ok()
        .and_then(|index| logits.get(index).copied())
        .ok_or_else(|| Halt::Failed(format!("token {} is out of range", token.0)))
}

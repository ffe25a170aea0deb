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
    let first_normaliser = normaliser(logits)?;
    for (list, sum) in tokens.iter().zip(sums.iter_mut()) {
        if let Some(&first) = list.first() {
            *sum += f64::from(logit(logits, first)? - first_normaliser);
        }
    }
    // The last token of a continuation is predicted, never decoded.
    let mut longer: Vec<usize> = (0..tokens.len()).filter(|&i| tokens[i].len() > 1).collect();
    // Neighbours share the most, and what lanes share is decoded once.
    longer.sort_by(|&a, &b| tokens[a].cmp(&tokens[b]));
    let mut rest = longer.as_slice();
    while !rest.is_empty() {
        let room = session.rows().min(session.spare_cells());
        let group = Group::take(tokens, rest, room, session.can_share());
        rest = &rest[group.lanes..];
        session.branch(group.lanes)?;
        // Only a lane that is alone can have more tokens than one call takes.
        for nodes in group.nodes.chunks(session.rows()) {
            if stop() {
                return Err(Halt::Cancelled);
            }
            let steps: Vec<Step<'_>> = nodes
                .iter()
                .map(|node| Step {
                    token: node.token,
                    position: prefix.len() + node.depth,
                    lanes: &node.lanes,
                })
                .collect();
            session.decode(&steps)?;
            for (row, node) in nodes.iter().enumerate() {
                let logits = session.logits(row)?;
                let normaliser = normaliser(logits)?;
                for &(index, next) in &node.predicts {
                    sums[index] += f64::from(logit(logits, next)? - normaliser);
                }
            }
        }
        session.release(group.lanes);
    }
    Ok(())
}

/// A token to decode, for all lanes whose continuations agree up to it.
struct Node {
    token: LlamaToken,
    /// Distance from the end of the prefix.
    depth: usize,
    lanes: Vec<i32>,
    /// Which continuation has which token next.
    predicts: Vec<(usize, LlamaToken)>,
}

/// Continuations that are decoded together, as a tree.
struct Group {
    lanes: usize,
    nodes: Vec<Node>,
}

impl Group {
    /// Takes continuations from the front of `order` as long as lanes and `room`, in tokens, last;
    /// at least one. `order` is sorted, so each shares its longest prefix with the one before.
    fn take(tokens: &[Vec<LlamaToken>], order: &[usize], room: usize, share: bool) -> Self {
        let mut group = Self { lanes: 0, nodes: Vec::new() };
        // The nodes of the latest continuation, by depth.
        let mut path: Vec<usize> = Vec::new();
        for &index in order.iter().take(LANES) {
            let decoded = &tokens[index][..tokens[index].len() - 1];
            let agrees = |(&node, token): (&usize, &LlamaToken)| group.nodes[node].token == *token;
            let mut common = path.iter().zip(decoded).take_while(|&pair| agrees(pair)).count();
            if !share {
                common = 0;
            }
            if group.lanes > 0 && group.nodes.len() + decoded.len() - common > room {
                break;
            }
            group.lanes += 1;
            let lane = group.lanes as i32;
            path.truncate(common);
            for (depth, &token) in decoded.iter().enumerate() {
                if depth >= common {
                    path.push(group.nodes.len());
                    let (lanes, predicts) = (Vec::new(), Vec::new());
                    group.nodes.push(Node { token, depth, lanes, predicts });
                }
                let node = &mut group.nodes[path[depth]];
                node.lanes.push(lane);
                node.predicts.push((index, tokens[index][depth + 1]));
            }
        }
        group
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_continuations_share_is_decoded_once() {
        let text = |ids: &[i32]| ids.iter().map(|&id| LlamaToken(id)).collect::<Vec<_>>();
        let tokens = [text(&[1, 2, 3, 4]), text(&[1, 2, 9]), text(&[1, 2, 3, 5]), text(&[7, 8])];
        let order = [0, 2, 1, 3];
        let group = Group::take(&tokens, &order, 100, true);
        assert_eq!(group.lanes, 4);
        let shape: Vec<(i32, usize, &[i32])> =
            group.nodes.iter().map(|n| (n.token.0, n.depth, n.lanes.as_slice())).collect();
        let expected: [(i32, usize, &[i32]); 4] =
            [(1, 0, &[1, 2, 3]), (2, 1, &[1, 2, 3]), (3, 2, &[1, 2]), (7, 0, &[4])];
        assert_eq!(shape, expected);
        let next = |n: usize| group.nodes[n].predicts.iter().map(|p| p.1.0).collect::<Vec<_>>();
        assert_eq!((next(1), next(2)), (vec![3, 3, 9], vec![4, 5]));
        assert_eq!(Group::take(&tokens, &order, 100, false).nodes.len(), 3 + 3 + 2 + 1);
        assert_eq!(Group::take(&tokens, &order, 3, true).lanes, 3);
        // One continuation is always taken, however long.
        assert_eq!(Group::take(&tokens, &order, 0, true).lanes, 1);
    }
}

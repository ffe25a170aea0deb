//! Proposals of a smaller model that knows the same tokens, where nothing is to be copied.

use std::time::Instant;

use llama_cpp_2::token::LlamaToken;

use super::model::Loaded;
use super::pace::Pace;
use super::sampling;
use super::session::{Halt, Session, Stop};

/// Tokens whose texts are compared, spread over the vocabulary.
const COMPARED: usize = 512;

/// A smaller model at work.
pub(super) struct Drafter<'m> {
    session: Session<'m>,
}

impl<'m> Drafter<'m> {
    pub(super) fn new(session: Session<'m>) -> Self {
        Self { session }
    }

    /// Up to `most` tokens that this model finds likeliest after `tokens`; fewer where its context ends.
    pub(super) fn propose(
        &mut self,
        mut tokens: Vec<LlamaToken>,
        most: usize,
        pace: &mut Pace,
        stop: Stop<'_>,
    ) -> Result<Vec<LlamaToken>, Halt> {
        let given = tokens.len();
        let room = self.session.limit().saturating_sub(given).min(most);
        for number in 0..room {
            let began = Instant::now();
            let logits = self.session.hold(&tokens, stop)?;
            let Some(token) = sampling::best(logits) else { break };
            // The first one also computes what the other model has decoded meanwhile.
            if number > 0 {
                pace.drafting_took(began.elapsed());
            }
            tokens.push(LlamaToken(token as i32));
        }
        Ok(tokens.split_off(given))
    }
}

/// Why two models do not have the same tokens; `None`: they do.
pub(super) fn strangers(main: &Loaded, draft: &Loaded) -> Option<String> {
    let (ours, theirs) = (main.model.vocab(), draft.model.vocab());
    let count = ours.n_tokens();
    if theirs.n_tokens() != count {
        return Some(format!("{} tokens, the model has {count}", theirs.n_tokens()));
    }
    let step = (count.max(1) as usize).div_ceil(COMPARED);
    let differs = (0..count).step_by(step).map(LlamaToken).find(|&token| {
        ours.text(token) != theirs.text(token) || ours.is_eog(token) != theirs.is_eog(token)
    });
    differs.map(|token| format!("another token {}", token.0))
}

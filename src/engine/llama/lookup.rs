//! What may come next because it came before: runs of tokens from the prompt, from texts given
//! along with it, and from the output itself (prompt lookup, Saxena 2023).
//!
//! Positions that follow the same two tokens are chained, as in LZ77. Of the places in the chain
//! the one wins whose past agrees longest with the end of the output.

use llama_cpp_2::token::LlamaToken;
use rustc_hash::FxHashMap;

/// Places of one chain that are compared.
const MOST_PLACES: usize = 48;
/// Tokens of the past that are compared.
const LONGEST_PAST: usize = 32;
/// How far from the place of the latest copy one equal token is enough: an edit replaces, adds or
/// leaves out a few tokens and goes on with the text.
const NEAR: usize = 48;
/// Stands between two texts; no token.
const BORDER: i32 = -1;
const NOWHERE: u32 = u32::MAX;

/// A run of tokens that may come next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) tokens: Vec<LlamaToken>,
    /// Tokens before it that agree with the end of the output; 1 to [`LONGEST_PAST`].
    pub(super) past: usize,
}

/// Texts to copy from, the output itself at their end.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    tokens: Vec<i32>,
    /// For each position the latest one before it that follows the same two tokens.
    earlier: Vec<u32>,
    latest: FxHashMap<(i32, i32), u32>,
    copy: Option<Place>,
}

/// Where the text goes on that the output was last seen to repeat.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: usize,
    /// Tokens of the output since then that the text does not have there.
    astray: usize,
}

impl Lookup {
    /// Adds a text that is no part of the output.
    pub(super) fn add_text(&mut self, tokens: &[LlamaToken]) {
        tokens.iter().for_each(|token| self.add(token.0));
        self.add(BORDER);
    }

    /// Adds the next token of the output.
    pub(super) fn push(&mut self, token: LlamaToken) {
        self.add(token.0);
        let Some(Place { at, astray }) = self.copy else { return };
        self.copy = if astray == 0 && self.tokens.get(at) == Some(&token.0) {
            Some(Place { at: at + 1, astray })
        } else if let Some(at) = self.near(at, token.0) {
            Some(Place { at, astray: 0 })
        } else {
            (astray < NEAR).then_some(Place { at, astray: astray + 1 })
        };
    }

    /// At most `most` tokens that may follow the output; none where nothing like its end is known.
    pub(super) fn propose(&mut self, most: usize) -> Option<Proposal> {
        let (at, past) = self.place()?;
        self.copy = Some(Place { at, astray: 0 });
        let end = self.tokens.len().min(at + most);
        let run = self.tokens[at..end].iter().take_while(|&&token| token != BORDER);
        let tokens: Vec<LlamaToken> = run.map(|&token| LlamaToken(token)).collect();
        (!tokens.is_empty()).then_some(Proposal { tokens, past })
    }

    fn add(&mut self, token: i32) {
        let at = self.tokens.len();
        self.tokens.push(token);
        let mut earlier = NOWHERE;
        // Texts of four billion tokens do not fit a context.
        if let Some(pair) = self.pair_before(at)
            && let Ok(place) = u32::try_from(at)
        {
            earlier = self.latest.insert(pair, place).unwrap_or(NOWHERE);
        }
        self.earlier.push(earlier);
    }

    /// The two tokens before position `at`.
    fn pair_before(&self, at: usize) -> Option<(i32, i32)> {
        let pair = (*self.tokens.get(at.checked_sub(2)?)?, *self.tokens.get(at - 1)?);
        (pair.0 != BORDER && pair.1 != BORDER).then_some(pair)
    }

    /// The place to copy from, and how much of the past agrees.
    fn place(&self) -> Option<(usize, usize)> {
        let end = self.tokens.len();
        let mut best: Option<(usize, usize)> = None;
        if let Some(Place { at, .. }) = self.copy.filter(|copy| copy.at < end) {
            best = Some((at, self.agreement(at))).filter(|&(_, past)| past > 0);
        }
        let mut next = self.pair_before(end).and_then(|pair| self.latest.get(&pair).copied());
        for _ in 0..MOST_PLACES {
            let Some(at) = next.filter(|&at| at != NOWHERE) else { break };
            let past = self.agreement(at as usize);
            // The copy goes on where it was, unless another place agrees longer; the nearest wins.
            if best.is_none_or(|(_, longest)| past > longest) {
                best = Some((at as usize, past));
            }
            next = self.earlier.get(at as usize).copied();
        }
        best
    }

    /// Tokens before `at` that equal those at the end.
    fn agreement(&self, at: usize) -> usize {
        let (past, output) = (&self.tokens[..at], &self.tokens);
        past.iter()
            .rev()
            .zip(output.iter().rev())
            .take(LONGEST_PAST)
            .take_while(|(a, b)| a == b && **a != BORDER)
            .count()
    }

    /// The nearest position around `at` that follows `token`, ahead first.
    fn near(&self, at: usize, token: i32) -> Option<usize> {
        let follows = |&place: &usize| place > 0 && self.tokens.get(place - 1) == Some(&token);
        let ahead = at + 1..(at + NEAR).min(self.tokens.len().saturating_sub(1));
        ahead.into_iter().find(follows).or_else(|| {
            let behind = at.saturating_sub(NEAR)..=at;
            behind.rev().find(follows)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(ids: &[i32]) -> Vec<LlamaToken> {
        ids.iter().map(|&id| LlamaToken(id)).collect()
    }

    fn proposed(lookup: &mut Lookup, most: usize) -> Vec<i32> {
        lookup.propose(most).unwrap_or_default().tokens.iter().map(|token| token.0).collect()
    }

    #[test]
    fn a_run_goes_on_as_it_did_before() {
        let mut lookup = Lookup::default();
        lookup.add_text(&tokens(&[1, 2, 3, 4, 5, 6, 7]));
        lookup.push(LlamaToken(9));
        assert_eq!(lookup.propose(4), None);
        lookup.push(LlamaToken(2));
        lookup.push(LlamaToken(3));
        assert_eq!(lookup.propose(3), Some(Proposal { tokens: tokens(&[4, 5, 6]), past: 2 }));
        // Never past the end of a text.
        assert_eq!(proposed(&mut lookup, 9), [4, 5, 6, 7]);
    }

    #[test]
    fn the_longest_common_past_wins_and_then_the_copy_at_hand() {
        let mut lookup = Lookup::default();
        lookup.add_text(&tokens(&[1, 2, 3, 10]));
        lookup.add_text(&tokens(&[8, 2, 3, 20]));
        for id in [1, 2, 3] {
            lookup.push(LlamaToken(id));
        }
        assert_eq!(proposed(&mut lookup, 1), [10]);
        let mut lookup = Lookup::default();
        lookup.add_text(&tokens(&[1, 2, 3, 4, 5, 6, 2, 3, 9]));
        for id in [1, 2] {
            lookup.push(LlamaToken(id));
            lookup.propose(4);
        }
        lookup.push(LlamaToken(3));
        assert_eq!(proposed(&mut lookup, 2), [4, 5]);
    }

    #[test]
    fn an_edit_in_between_does_not_end_the_copy() {
        let mut lookup = Lookup::default();
        lookup.add_text(&tokens(&[1, 2, 3, 4, 5, 6, 7, 8]));
        for id in [1, 2, 3] {
            lookup.push(LlamaToken(id));
            lookup.propose(4);
        }
        // 77 replaces 4, then the text goes on: one equal token is enough.
        lookup.push(LlamaToken(77));
        assert_eq!(lookup.propose(4), None);
        lookup.push(LlamaToken(5));
        assert_eq!(lookup.propose(2), Some(Proposal { tokens: tokens(&[6, 7]), past: 1 }));
        let mut replaced = Lookup::default();
        replaced.add_text(&tokens(&[1, 2, 3, 4, 5, 6, 7, 8]));
        for id in [1, 2] {
            replaced.push(LlamaToken(id));
            replaced.propose(4);
        }
        // 3 and 4 are left out.
        replaced.push(LlamaToken(5));
        assert_eq!(proposed(&mut replaced, 2), [6, 7]);
    }

    proptest! {
        #[test]
        fn proposals_are_runs_of_the_texts(
            text in proptest::collection::vec(0i32..6, 0..60),
            output in proptest::collection::vec(0i32..6, 0..60),
            most in 1usize..9,
        ) {
            let mut lookup = Lookup::default();
            lookup.add_text(&tokens(&text));
            for (count, &id) in output.iter().enumerate() {
                lookup.push(LlamaToken(id));
                let Some(proposal) = lookup.propose(most) else { continue };
                let run: Vec<i32> = proposal.tokens.iter().map(|token| token.0).collect();
                let seen = &output[..=count];
                prop_assert!(!run.is_empty() && run.len() <= most);
                let within = |list: &[i32]| list.windows(run.len()).any(|window| window == run);
                prop_assert!(within(&text) || within(seen));
            }
        }
    }
}

//! The bytes of a vocabulary's tokens, and which of them a grammar allows next.

use std::cell::OnceCell;

use llama_cpp_2::token::LlamaToken;

use super::sampling;
use super::session::Session;
use crate::engine::grammar::Matcher;

/// Tokens with a common beginning that are not told apart any further before they are ranked.
const BRANCH: usize = 32;

/// What many vocabularies have as control tokens though it says what an answer is: a call, a thought.
pub(super) const SHOWN: &[&str] = &[
    "<tool_call>",
    "</tool_call>",
    "[TOOL_CALLS]",
    "[ARGS]",
    "<|python_tag|>",
    "<think>",
    "</think>",
    "[THINK]",
    "[/THINK]",
];

/// The bytes of each token, looked up when first needed.
pub(super) struct Pieces {
    bytes: Vec<OnceCell<Box<[u8]>>>,
    /// Tokens with bytes that end no text, in the order of their bytes, for when the likeliest ones are
    /// refused.
    sorted: OnceCell<Vec<usize>>,
    /// Tokens that end a text, in order.
    ends: OnceCell<Vec<usize>>,
}

impl Pieces {
    pub(super) fn new(vocabulary: usize) -> Self {
        let mut bytes = Vec::new();
        bytes.resize_with(vocabulary, OnceCell::new);
        Self { bytes, sorted: OnceCell::new(), ends: OnceCell::new() }
    }

    /// The bytes of a token; none for a control token, but for those that are part of an answer.
    pub(super) fn get(&self, session: &Session<'_>, token: usize) -> &[u8] {
        let Some(cell) = self.bytes.get(token) else { return &[] };
        cell.get_or_init(|| {
            let piece =
                |special| session.vocab.token_to_piece(LlamaToken(token as i32), special, None);
            let shown = piece(true);
            let is_shown = SHOWN.iter().any(|mark| mark.as_bytes() == shown.as_slice());
            if is_shown { shown } else { piece(false) }.into_boxed_slice()
        })
    }

    fn ends(&self, session: &Session<'_>) -> &[usize] {
        self.ends.get_or_init(|| {
            let ends = |token: &usize| session.vocab.is_eog(LlamaToken(*token as i32));
            (0..self.bytes.len()).filter(ends).collect()
        })
    }

    fn sorted(&self, session: &Session<'_>) -> &[usize] {
        self.sorted.get_or_init(|| {
            let ends = self.ends(session);
            let speaks = |token: &usize| {
                !self.get(session, *token).is_empty() && ends.binary_search(token).is_err()
            };
            let mut tokens: Vec<usize> = (0..self.bytes.len()).filter(speaks).collect();
            tokens.sort_unstable_by_key(|&token| self.get(session, token));
            tokens
        })
    }
}

/// What a lane's grammar allows next.
pub(super) struct Fitting<'f> {
    pub(super) session: &'f Session<'f>,
    pub(super) pieces: &'f Pieces,
    pub(super) matcher: Option<&'f Matcher<'f>>,
}

impl sampling::Filter for Fitting<'_> {
    fn allows(&mut self, token: usize) -> bool {
        let Some(matcher) = self.matcher else { return true };
        if self.session.vocab.is_eog(LlamaToken(token as i32)) {
            return matcher.may_end();
        }
        let bytes = self.pieces.get(self.session, token);
        !bytes.is_empty() && matcher.allows(bytes)
    }

    fn candidates(&mut self) -> Vec<usize> {
        let Some(matcher) = self.matcher else {
            return (0..self.pieces.bytes.len()).collect();
        };
        let bytes = |token| self.pieces.get(self.session, token);
        let mut out = Vec::new();
        add_fitting(matcher, &bytes, self.pieces.sorted(self.session), 0, &mut out);
        if matcher.may_end() {
            out.extend(self.pieces.ends(self.session));
        }
        out
    }
}

/// Adds those of `tokens` that might come next, and a few more. They are sorted by their bytes, and
/// share the first `shared` of these, which fit: whole branches of a vocabulary fall at one question.
fn add_fitting<'b>(
    matcher: &Matcher<'_>,
    bytes: &impl Fn(usize) -> &'b [u8],
    mut tokens: &[usize],
    shared: usize,
    out: &mut Vec<usize>,
) {
    if tokens.len() <= BRANCH {
        out.extend(tokens);
        return;
    }
    while let Some(&first) = tokens.first() {
        let Some(next) = bytes(first).get(shared) else {
            out.push(first);
            tokens = &tokens[1..];
            continue;
        };
        let alike = tokens.partition_point(|&token| bytes(token).get(shared) <= Some(next));
        let (branch, rest) = tokens.split_at(alike);
        if matcher.allows(&bytes(first)[..=shared]) {
            add_fitting(matcher, bytes, branch, shared + 1, out);
        }
        tokens = rest;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::grammar::Grammar;

    const GRAMMAR: &str = r#"root ::= "{" (string ("," string)*)? "}"
string ::= " "* "\"" [^"\\\n]* "\"" " "*
"#;

    proptest! {
        #[test]
        fn all_that_fits_is_among_the_candidates(
            tokens in proptest::collection::vec("[ \"{},aé]{1,5}", 1..400),
            cuts in proptest::collection::vec(0usize..3, 400),
            before in prop::sample::select(vec!["", "{", "{ ", "{\"", "{\"a\"", "{\"a\" , "]),
        ) {
            // Tokens of real vocabularies may begin and end inside a character.
            let mut tokens: Vec<Vec<u8>> = tokens.into_iter().map(String::into_bytes).collect();
            for (token, cut) in tokens.iter_mut().zip(cuts) {
                token.truncate((token.len() - cut.min(token.len() - 1)).max(1));
            }
            let grammar = Grammar::parse(GRAMMAR).unwrap();
            let mut matcher = Matcher::new(&grammar);
            prop_assert!(matcher.accept(before.as_bytes()));
            let bytes = |token: usize| tokens[token].as_slice();
            let mut sorted: Vec<usize> = (0..tokens.len()).collect();
            sorted.sort_by_key(|&token| bytes(token));
            let mut found = Vec::new();
            add_fitting(&matcher, &bytes, &sorted, 0, &mut found);
            let fits = |token: &usize| matcher.allows(bytes(*token));
            let wanted: Vec<usize> = sorted.iter().copied().filter(fits).collect();
            prop_assert!(found.is_sorted_by_key(|&token| bytes(token)));
            found.retain(fits);
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn what_cannot_begin_right_is_no_candidate() {
        let grammar = Grammar::parse(GRAMMAR).unwrap();
        let mut matcher = Matcher::new(&grammar);
        assert!(matcher.accept(b"{"));
        let tokens: Vec<String> = (0..900).map(|n| format!(" {n}")).collect();
        let bytes = |token: usize| tokens[token].as_bytes();
        let mut sorted: Vec<usize> = (0..tokens.len()).collect();
        sorted.sort_by_key(|&token| bytes(token));
        let mut found = Vec::new();
        add_fitting(&matcher, &bytes, &sorted, 0, &mut found);
        assert!(found.is_empty(), "{found:?}");
    }
}

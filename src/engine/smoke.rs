//! Whether a model does what its file promises, found out in a few seconds: after it was downloaded,
//! imported or quantised.
//!
//! What is wrong for certain (no numbers, no vectors of length 1, no answer in time) is an error. What
//! is only unlikely for a model that was trained is told as a measure and a warning: a file with
//! random weights is a sound file.
//!
//! Not here: whether the build computes rightly (`selftest`), how good a model is (`eval`).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Completion, Engine, EngineError, GenerateRequest, Message, Role, quote};
use crate::base::Cancel;

/// A model on a slow machine takes a second or two for each of the questions.
const LIMIT: Duration = Duration::from_secs(180);
/// Tokens of the completion.
const TOKENS: usize = 24;
/// So many tokens in a row are the same only where a model is stuck.
const STUCK: usize = 8;
/// Nats per token by which code must be likelier than any token, and than its own words in disorder.
const BETTER_THAN_ANY: f32 = 1.0;
const BETTER_THAN_DISORDER: f32 = 0.3;
/// How far from 1 the length of a vector may be.
const ROUNDING: f32 = 1e-3;
/// Tokens left free beside the text that is scored.
const SPARE: usize = 8;

const CODE: &str = "def total(prices, discount=0):
    \"\"\"Return the sum of all prices, less the discount.\"\"\"
    result = 0
    for price in prices:
        if price < 0:
            raise ValueError(\"a price is negative\")
        result += price
    return result - discount


def mean(values):
    if len(values) == 0:
        return None
    return sum(values) / len(values)
";
const PROMPT: &str = "def add(a, b):\n    \"\"\"Return the sum of a and b.\"\"\"\n    return";
/// For a context that holds no more.
const SHORT_PROMPT: &str = "def";
const ALIKE: [&str; 2] = [
    "Read the settings of the program from its configuration file.",
    "Load the configuration file with the options of the application.",
];
const UNLIKE: &str = "The rivers of the north freeze over in winter.";

/// What the test found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SmokeReport {
    /// The model's.
    pub name: String,
    pub architecture: String,
    /// It behaves as a model that was trained: code is likelier than chance, or alike texts are near.
    pub plausible: bool,
    /// What is odd, each a sentence for people. Parts come from the model: to be sanitised.
    pub warnings: Vec<String>,
    pub found: Findings,
    pub took: Duration,
}

/// Measures of the two kinds of models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Findings {
    Writes(Writing),
    Embeds(Embedding),
}

/// Measures of a language model. Likelihoods are natural logarithms per token, the means of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Writing {
    /// Of plain code that is always the same: to compare a model with what was made of it.
    pub code: f32,
    /// Of the same words in disorder.
    pub disorder: f32,
    /// Of any token, if all were as likely.
    pub chance: f32,
    /// Tokens of the code.
    pub tokens: usize,
    /// How the model goes on after a line of code.
    pub completion: String,
    /// Its completion is one token over and over.
    pub is_stuck: bool,
    pub chat: Chat,
    /// It can be asked for what is missing in the middle of a text.
    pub fills_gaps: bool,
}

/// What a model's chat template is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chat {
    /// A base model: it has none.
    None,
    Renders,
    /// It does not render, or loses what was said.
    Fails,
}

/// Measures of an embedding model: likeness is from -1 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    pub dimension: usize,
    /// Of two sentences that say the same.
    pub alike: f32,
    /// Of the first of them and one about something else.
    pub unlike: f32,
}

/// Tries a model that has just been loaded.
///
/// # Errors
/// [`EngineError::BadModel`] for what computes no numbers or takes more than three minutes;
/// [`EngineError::Cancelled`]; those of the engine. A [`super::Remote`] scores nothing and cannot be
/// tried.
pub fn smoke(engine: &mut dyn Engine, cancel: &Cancel) -> Result<SmokeReport, EngineError> {
    let began = Instant::now();
    let limited = cancel.child(Some(began + LIMIT));
    let mut warnings = Vec::new();
    let found = match engine.info().embeds {
        Some(_) => embeds(engine, &limited, &mut warnings).map(Findings::Embeds),
        None => writes(engine, &limited, &mut warnings).map(Findings::Writes),
    };
    let found = found.map_err(|error| match error {
        EngineError::Cancelled if !cancel.is_cancelled() => {
            let seconds = LIMIT.as_secs();
            bad(engine, format!("loads, but does not answer within {seconds} seconds"))
        }
        error => error,
    })?;
    let plausible = is_plausible(&found, &mut warnings);
    let (name, architecture) = (engine.info().name.clone(), engine.info().architecture.clone());
    Ok(SmokeReport { name, architecture, plausible, warnings, found, took: began.elapsed() })
}

fn is_plausible(found: &Findings, warnings: &mut Vec<String>) -> bool {
    let doubt = match found {
        Findings::Writes(Writing { is_stuck: true, .. }) => {
            "it writes one token over and over: a damaged or untrained model?".to_owned()
        }
        Findings::Writes(Writing { code, chance, .. }) if *code < chance + BETTER_THAN_ANY => {
            format!(
                "code is hardly likelier to it than chance ({code:.2} and {chance:.2} a token): a \
                 damaged or untrained model?"
            )
        }
        Findings::Writes(Writing { code, disorder, .. })
            if *code < disorder + BETTER_THAN_DISORDER =>
        {
            format!(
                "code is hardly likelier to it than its words in disorder ({code:.2} and \
                 {disorder:.2} a token): a damaged or untrained model?"
            )
        }
        Findings::Embeds(Embedding { alike, unlike, .. }) if alike <= unlike => format!(
            "sentences that say the same are no nearer to it ({alike:.2}) than others \
             ({unlike:.2}): a damaged or untrained model?"
        ),
        _ => return true,
    };
    warnings.push(doubt);
    false
}

fn writes(
    engine: &mut dyn Engine,
    cancel: &Cancel,
    warnings: &mut Vec<String>,
) -> Result<Writing, EngineError> {
    let (code, tokens) = fitting(engine)?;
    let scores = engine.score("", &[code.clone(), disordered(&code)], cancel)?;
    let mut means = [0.0; 2];
    for (mean, score) in means.iter_mut().zip(&scores) {
        *mean = score.logprob / score.tokens.max(1) as f32;
        if !mean.is_finite() || *mean <= f32::MIN / score.tokens.max(1) as f32 || *mean > 0.0 {
            return Err(bad(engine, "computes no likelihood of a text (NaN): damaged".to_owned()));
        }
    }
    let (completion, is_stuck) = completes(engine, cancel)?;
    let chat = converses(engine, warnings)?;
    Ok(Writing {
        code: means[0],
        disorder: means[1],
        chance: -(engine.info().vocabulary.max(2) as f32).ln(),
        tokens,
        completion,
        is_stuck,
        chat,
        fills_gaps: fills_gaps(engine, warnings)?,
    })
}

/// As many lines of the code as the context holds, and their tokens.
fn fitting(engine: &mut dyn Engine) -> Result<(String, usize), EngineError> {
    let room = engine.info().context.saturating_sub(SPARE);
    let mut lines: Vec<&str> = CODE.split_inclusive('\n').collect();
    loop {
        let code = lines.concat();
        let tokens = engine.count_tokens(&code)?;
        if tokens <= room || lines.len() <= 1 {
            return Ok((code, tokens));
        }
        lines.pop();
    }
}

/// The same words and blanks, always in the same other order.
fn disordered(code: &str) -> String {
    let mut words: Vec<&str> = code.split_inclusive(char::is_whitespace).collect();
    // Knuth's generator of 64 bits, and Fisher and Yates' shuffle.
    let mut state: u64 = 1;
    for last in (1..words.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words.swap(last, (state >> 33) as usize % (last + 1));
    }
    words.concat()
}

/// The likeliest completion, and whether it is one token over and over.
fn completes(engine: &mut dyn Engine, cancel: &Cancel) -> Result<(String, bool), EngineError> {
    let fits = engine.count_tokens(PROMPT)? + TOKENS < engine.info().context;
    let request = GenerateRequest {
        prompt: if fits { PROMPT } else { SHORT_PROMPT }.to_owned(),
        max_tokens: TOKENS,
        // One token at a time, so that they can be told apart.
        speculate: false,
        ..GenerateRequest::default()
    };
    let mut pieces: Vec<String> = Vec::new();
    let list = engine.generate(&request, cancel, &mut |_, text| pieces.push(text.to_owned()))?;
    if cancel.is_cancelled() {
        return Err(EngineError::Cancelled);
    }
    let Some(Completion { text, logprobs, .. }) = list.into_iter().next() else {
        return Err(bad(engine, "answers without a completion".to_owned()));
    };
    if logprobs.iter().any(|logprob| !logprob.is_finite() || *logprob <= f32::MIN) {
        return Err(bad(engine, "computes no numbers while it writes (NaN): damaged".to_owned()));
    }
    let same = pieces.windows(2).all(|pair| pair[0] == pair[1]);
    Ok((text, pieces.len() >= STUCK && same))
}

/// Whether a conversation comes out of the chat template.
fn converses(engine: &mut dyn Engine, warnings: &mut Vec<String>) -> Result<Chat, EngineError> {
    if !engine.info().has_chat_template {
        return Ok(Chat::None);
    }
    let said = "Which of the two is right?";
    let message = Message { role: Role::User, content: said.to_owned() };
    match engine.chat_prompt(&[message]) {
        Ok(prompt) if prompt.contains(said) => Ok(Chat::Renders),
        Ok(_) => {
            warnings.push("its chat template loses what was said".to_owned());
            Ok(Chat::Fails)
        }
        Err(EngineError::BadChatTemplate { reason, .. }) => {
            warnings.push(format!("its chat template does not render: {reason}"));
            Ok(Chat::Fails)
        }
        Err(error) => Err(error),
    }
}

/// Whether the tokens around a gap are tokens.
fn fills_gaps(engine: &mut dyn Engine, warnings: &mut Vec<String>) -> Result<bool, EngineError> {
    let Some(fim) = engine.info().fim.clone() else { return Ok(false) };
    for mark in [Some(&fim.prefix), Some(&fim.suffix), fim.middle.as_ref()].into_iter().flatten() {
        // As text it would be more; quoted it is.
        if engine.count_tokens(mark)? != 1 || engine.count_tokens(&quote(mark))? < 2 {
            warnings.push(format!("{mark} is no control token of its own: gaps cannot be filled"));
            return Ok(false);
        }
    }
    Ok(true)
}

fn embeds(
    engine: &mut dyn Engine,
    cancel: &Cancel,
    warnings: &mut Vec<String>,
) -> Result<Embedding, EngineError> {
    let texts = [ALIKE[0], ALIKE[1], UNLIKE].map(str::to_owned);
    let vectors = engine.embed(&texts, cancel)?;
    let [first, second, other] = vectors.as_slice() else {
        return Err(bad(engine, "answers without a vector for each text".to_owned()));
    };
    for vector in &vectors {
        let length = dot(vector, vector).sqrt();
        if (length - 1.0).abs() > ROUNDING || length.is_nan() {
            return Err(bad(engine, format!("makes a vector of the length {length}: damaged")));
        }
    }
    if first == second || first == other {
        warnings.push("different texts have the same vector".to_owned());
    }
    Ok(Embedding { dimension: first.len(), alike: dot(first, second), unlike: dot(first, other) })
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn bad(engine: &dyn Engine, reason: String) -> EngineError {
    let path = engine.info().path.clone();
    EngineError::BadModel {
        path: path.unwrap_or_else(|| PathBuf::from(&engine.info().name)),
        reason,
    }
}

#[cfg(test)]
#[path = "smoke_tests.rs"]
mod tests;

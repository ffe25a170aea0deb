//! `slm complete`: the text at a gap, from a model that was trained to fill in the middle.
//!
//! The model proposes; what repeats the text that follows, or runs past what belongs at the cursor,
//! is cut off, and what leaves the file broken comes last.

use crate::agent::candidates::embedded::format;
use crate::base::{Cancel, Language, Replacement, Span, floor_char, splice};
use crate::engine::{Completion, Engine, EngineError, Finish, GenerateRequest, Sampling};
use crate::syntax::{self, Parsed};

/// Share of the room for context that the text before the cursor gets, when both sides have more.
const BEFORE_SHARE: f64 = 0.75;
/// Tokens kept free for control tokens.
const CONTROL_ROOM: usize = 16;
/// Bytes of a token at most, in the mean of real text: more text than that need not be counted.
const BYTES_OF_TOKEN: usize = 8;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct CompleteRequest<'a> {
    /// The whole file.
    pub text: &'a str,
    /// Byte offset of the cursor, at a character's boundary.
    pub at: usize,
    /// `None`: a file that slm cannot parse.
    pub language: Option<Language>,
    /// Different completions at most, 1 to 16.
    pub count: usize,
    pub max_tokens: usize,
}

/// One completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// To be put in at the cursor.
    pub text: String,
    /// Mean natural-log probability of the tokens that the model wrote.
    pub mean_logprob: f32,
    /// Tokens that the model wrote.
    pub tokens: usize,
    /// Whether the file has no more syntax errors with it than without; `None` when that cannot be
    /// told.
    pub parses: Option<bool>,
    /// The model was cut off: by the limit of tokens, or of time.
    pub unfinished: bool,
}

/// Why there is no completion.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    #[error(
        "{0} cannot fill in the middle: its file names no tokens for that. Base models for code \
         can; chat models often cannot"
    )]
    NoFim(String),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Asks `engine`; the best first, none when the model has nothing to say here. What came until
/// `cancel` said stop counts.
///
/// # Errors
/// A model that cannot do it; a worker that died.
pub fn run(
    engine: &mut dyn Engine,
    request: &CompleteRequest<'_>,
    cancel: &Cancel,
) -> Result<Vec<Suggestion>, CompleteError> {
    let info = engine.info().clone();
    let Some(fim) = &info.fim else { return Err(CompleteError::NoFim(info.name)) };
    let parsed = request.language.map(|language| syntax::parse(language, request.text));
    let extent = if info.repairs { unit(request, parsed.as_ref()) } else { whole(request) };
    let (before, after) =
        (&request.text[extent.start..request.at], &request.text[request.at..extent.end]);
    let room = info.context.saturating_sub(request.max_tokens + CONTROL_ROOM);
    let (before, after) = fit(engine, before, after, room)?;
    let head = match request.language {
        Some(language) if info.repairs => format::head(language),
        _ => String::new(),
    };
    let rest = first_line(after);
    let asked = GenerateRequest {
        prompt: head + &fim.prompt(before, after),
        n: request.count,
        max_tokens: request.max_tokens,
        sampling: Sampling::Greedy,
        // In the middle of a line there is room for no other.
        stop: if rest.trim().is_empty() { Vec::new() } else { vec!["\n".to_owned()] },
        ..GenerateRequest::default()
    };
    let completions = engine.generate(&asked, cancel, &mut |_, _| {})?;
    let mut found: Vec<Suggestion> = Vec::new();
    for completion in &completions {
        let suggestion = suggestion(request, parsed.as_ref(), completion);
        if !suggestion.text.is_empty() && found.iter().all(|known| known.text != suggestion.text) {
            found.push(suggestion);
        }
    }
    // A stable sort: completions come best first.
    found.sort_by_key(|suggestion| suggestion.parses == Some(false));
    Ok(found)
}

fn suggestion(
    request: &CompleteRequest<'_>,
    parsed: Option<&Parsed>,
    completion: &Completion,
) -> Suggestion {
    let unfinished = completion.finish != Finish::Stop;
    let text = tidy(&completion.text, &request.text[request.at..], unfinished);
    Suggestion {
        parses: parsed.and_then(|parsed| {
            let put_in = [Replacement::new(request.at, request.at, text.clone())];
            let whole = splice(parsed.text(), &put_in).ok()?;
            Some(parsed.still_parses(&put_in, &whole))
        }),
        text,
        mean_logprob: completion.mean_logprob(),
        tokens: completion.logprobs.len(),
        unfinished,
    }
}

/// What of a completion belongs at the cursor: not what follows there already, no blanks at its
/// end, and of one that was cut off within a line only whole lines, if it has any.
fn tidy(text: &str, after: &str, unfinished: bool) -> String {
    let rest = first_line(after);
    let mut text = text;
    if unfinished && let Some((lines, _)) = text.rsplit_once('\n') {
        text = lines;
    }
    // The line that comes next in the file, written again, is where the model ran past the gap.
    let next = after[rest.len()..].lines().find(|line| !line.trim().is_empty());
    if let Some(next) = next.filter(|line| line.trim().len() > 1) {
        let mut end = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            if index > 0 && line.trim_end() == next.trim_end() {
                text = &text[..end];
                break;
            }
            end += line.len();
        }
    }
    let rest = rest.trim_end();
    let text = if rest.trim().is_empty() { text } else { text.strip_suffix(rest).unwrap_or(text) };
    text.trim_end().to_owned()
}

/// The text up to the end of the line.
fn first_line(text: &str) -> &str {
    text.split(['\n', '\r']).next().unwrap_or_default()
}

fn whole(request: &CompleteRequest<'_>) -> Span {
    Span::new(0, request.text.len())
}

/// The outermost function around the cursor, which is what the embedded model was trained on; else
/// the whole file.
fn unit(request: &CompleteRequest<'_>, parsed: Option<&Parsed>) -> Span {
    let Some(parsed) = parsed else { return whole(request) };
    let around = |span: &Span| span.start <= request.at && request.at <= span.end;
    let functions = syntax::functions(parsed).into_iter().map(|function| function.span);
    let line = |span: Span| {
        let start = request.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        Span::new(start, span.end)
    };
    functions.filter(around).min_by_key(|span| span.start).map_or_else(|| whole(request), line)
}

/// The end of `before` and the beginning of `after` that have at most `room` tokens together, in
/// whole lines where possible.
fn fit<'t>(
    engine: &mut dyn Engine,
    before: &'t str,
    after: &'t str,
    room: usize,
) -> Result<(&'t str, &'t str), EngineError> {
    let far = room.saturating_mul(BYTES_OF_TOKEN);
    let mut before = last(before, far);
    let mut after = first(after, far);
    loop {
        let (left, right) = (engine.count_tokens(before)?, engine.count_tokens(after)?);
        if left + right <= room {
            return Ok((before, after));
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "token counts"
        )]
        let share = (room as f64 * BEFORE_SHARE) as usize;
        // What one side leaves free, the other may use.
        let for_before = share.max(room.saturating_sub(right)).min(left);
        let for_after = room.saturating_sub(for_before);
        before =
            if left > for_before { last(before, shrunk(before, left, for_before)) } else { before };
        after =
            if right > for_after { first(after, shrunk(after, right, for_after)) } else { after };
    }
}

/// A length in bytes at which a text of `tokens` has about `wanted`; always less than it has now.
fn shrunk(text: &str, tokens: usize, wanted: usize) -> usize {
    let length = text.len() as u128 * wanted as u128 / tokens.max(1) as u128;
    usize::try_from(length).unwrap_or(0).min(text.len().saturating_sub(1))
}

/// The last whole lines within so many bytes; the end of the last line when it is longer.
fn last(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let from = floor_char(text, text.len() - bytes);
    match text[from..].find('\n') {
        Some(at) if from + at + 1 < text.len() => &text[from + at + 1..],
        _ => &text[from..],
    }
}

/// The first whole lines within so many bytes; the beginning of the first line when it is longer.
fn first(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let to = floor_char(text, bytes);
    match text[..to].rfind('\n') {
        Some(at) if at > 0 => &text[..at],
        _ => &text[..to],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Fim, Scripted};

    const TEXT: &str =
        "def total(values):\n    result = 0\n    \n    return result\n\n\ndef other():\n    pass\n";

    fn engine() -> Scripted {
        Scripted::new().with_fim(Fim {
            prefix: "<pre>".into(),
            suffix: "<suf>".into(),
            middle: Some("<mid>".into()),
        })
    }

    fn request(text: &str, at: usize) -> CompleteRequest<'_> {
        CompleteRequest { text, at, language: Some(Language::Python), count: 3, max_tokens: 64 }
    }

    fn gap() -> usize {
        TEXT.find("\n    return").unwrap()
    }

    #[test]
    fn what_parses_comes_first_and_doubles_are_dropped() {
        let mut engine =
            engine().then(&["for (", "for v in values:\n        result += v", "for ("]);
        let requests = engine.requests();
        let found = run(&mut engine, &request(TEXT, gap()), &Cancel::new()).unwrap();
        let texts: Vec<&str> = found.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(texts, ["for v in values:\n        result += v", "for ("]);
        assert_eq!(found[0].parses, Some(true));
        assert_eq!(found[1].parses, Some(false));
        let prompt = crate::engine::unquoted(&requests.lock().unwrap()[0].prompt);
        assert_eq!(prompt, format!("<pre>{}<suf>{}<mid>", &TEXT[..gap()], &TEXT[gap()..]));
    }

    #[test]
    fn within_a_line_one_line_is_asked_for() {
        let at = TEXT.find("values)").unwrap();
        let mut engine = engine().then(&["values)"]);
        let requests = engine.requests();
        let found = run(&mut engine, &request(TEXT, at), &Cancel::new()).unwrap();
        assert_eq!(requests.lock().unwrap()[0].stop, ["\n"]);
        assert_eq!(found[0].text, "values)");
        assert_eq!(tidy("values):", "):\n    pass\n", false), "values");
    }

    #[test]
    fn what_follows_already_is_cut_off() {
        let after = "\n    return result\n";
        assert_eq!(tidy("a = 1\n    return result\n\n\nb", after, false), "a = 1");
        assert_eq!(tidy("a = 1\nb = 2 + ", after, true), "a = 1");
        assert_eq!(tidy("a = 1  \n", after, false), "a = 1");
        // A closing bracket alone says nothing.
        assert_eq!(tidy("a = [\n]\nb = 1", "\n]\n", false), "a = [\n]\nb = 1");
    }

    #[test]
    fn a_model_that_repairs_is_shown_the_function_and_its_language() {
        let mut engine = engine().repairing().then(&["pass"]);
        let requests = engine.requests();
        run(&mut engine, &request(TEXT, gap()), &Cancel::new()).unwrap();
        let prompt = crate::engine::unquoted(&requests.lock().unwrap()[0].prompt);
        assert!(prompt.starts_with("<bos><py><pre>def total"), "{prompt}");
        assert!(!prompt.contains("def other"), "{prompt}");
    }

    #[test]
    fn a_long_file_is_cut_to_the_context() {
        let text = format!("{}x = \n{}", "a = 1\n".repeat(5000), "b = 2\n".repeat(5000));
        let at = text.find("x = ").unwrap() + 4;
        let mut engine = engine().with_context(500).then(&["1"]);
        let requests = engine.requests();
        run(&mut engine, &request(&text, at), &Cancel::new()).unwrap();
        let prompt = crate::engine::unquoted(&requests.lock().unwrap()[0].prompt);
        // A scripted token is four bytes.
        assert!((1200..=4 * 500).contains(&prompt.len()), "{}", prompt.len());
        assert!(prompt.contains("\nx = <suf>\nb = 2\n"), "{prompt}");
    }

    #[test]
    fn a_model_without_the_tokens_is_refused() {
        let error = run(&mut Scripted::new(), &request(TEXT, 0), &Cancel::new()).unwrap_err();
        assert!(error.to_string().contains("scripted cannot fill in the middle"), "{error}");
    }
}

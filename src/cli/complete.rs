//! `slm complete`: parse the place, ask the model, print.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::report::{self, ExitStatus, Failure};
use super::{chosen, model, watch};
use crate::agent::tasks::complete::{self, CompleteError, CompleteRequest, Suggestion};
use crate::base::fs::{self, PathContext};
use crate::base::{Cancel, Language, Line, LineIndex, sanitize};
use crate::config::{self, Environment};
use crate::models::registry::Role;

/// Larger files are no source code.
const MAX_FILE: u64 = 16 << 20;

/// Complete the code at a place in a file
///
/// Prints the text that a model trained to fill in the middle would put there; nothing is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm complete --model code.gguf src/a.py:12:8
  slm complete --json --count 3 --stdin src/a.py:12:8 < buffer

Exit status: 0 there is a completion, 1 there is none, 2 usage, 3 environment, 130 interrupted.")]
pub struct Args {
    /// File, line and column, both from 1, a column being a character; the text goes before it
    #[arg(value_name = "FILE:LINE:COLUMN", value_parser = place)]
    place: Place,
    /// Read the file's text from standard input, as an editor holds it
    #[arg(long)]
    stdin: bool,
    /// Different completions at most
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    count: u8,
    /// Tokens of a completion at most
    #[arg(long, value_name = "N", default_value_t = 96, value_parser = clap::value_parser!(u16).range(1..=4096))]
    max_tokens: u16,
    /// Seconds; what has come until then is printed
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0, value_parser = super::fix::seconds)]
    timeout: f64,
    /// A GGUF model that can fill in the middle
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    line: u32,
    column: usize,
}

fn place(text: &str) -> Result<Place, String> {
    let mut parts = text.rsplitn(3, ':');
    let (column, line, path) = (parts.next(), parts.next(), parts.next());
    let number = |text: Option<&str>| text?.parse::<u32>().ok().filter(|n| *n > 0);
    match (path, number(line), number(column)) {
        (Some(path), Some(line), Some(column)) if !path.is_empty() => {
            Ok(Place { path: path.into(), line, column: column as usize })
        }
        _ => Err("must be FILE:LINE:COLUMN, line and column from 1".to_owned()),
    }
}

/// The JSON contract of `slm complete --json`.
#[derive(Debug, Serialize)]
struct Json {
    /// "ok", "none" or "error".
    status: &'static str,
    /// Best first.
    completions: Vec<JsonCompletion>,
    model: Option<String>,
    elapsed_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonCompletion {
    text: String,
    mean_logprob: f32,
    tokens: usize,
    parses: Option<bool>,
    unfinished: bool,
}

/// Runs `slm complete`.
///
/// # Errors
/// A place that is not in the file, no model, a model that cannot do it.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let started = Instant::now();
    let mut json = Json {
        status: "error",
        completions: Vec::new(),
        model: None,
        elapsed_ms: 0,
        message: None,
    };
    let result = ask(args, environment, started, &mut json);
    json.elapsed_ms = started.elapsed().as_millis();
    if args.json {
        if let Err(error) = &result {
            json.message = Some(format!("{error:#}"));
        }
        report::json(&json);
        return result.or_else(|error| Ok(report::status_of(&error)));
    }
    if let Some(best) = json.completions.first() {
        report::line(&sanitize(&best.text));
        for other in &json.completions[1..] {
            report::line(&format!("---\n{}", sanitize(&other.text)));
        }
    } else if matches!(result, Ok(ExitStatus::NoFix)) {
        report::note("slm: the model has nothing to put there");
    }
    result
}

fn ask(
    args: &Args,
    environment: &Environment,
    started: Instant,
    json: &mut Json,
) -> anyhow::Result<ExitStatus> {
    super::recording::about(&args.place.path);
    let config = config::load(&environment.config_file())?;
    let cancel = Cancel::with_deadline(started + Duration::from_secs_f64(args.timeout));
    watch::interrupts(&cancel)?;
    let text = if args.stdin { standard_input()? } else { fs::read_text(&args.place.path)? };
    let at = offset(&text, &args.place)?;
    let chosen = chosen::choose(Role::Complete, args.model.as_deref(), environment, &config)?;
    let Some(model) = chosen else {
        return Err(Failure::environment(
            "there is no model that completes code: give --model FILE, say `slm model use complete \
             NAME`, or set model.path in the configuration",
        ));
    };
    let mut engine = model::open_file(&model, environment, &config, &cancel)?;
    json.model = Some(engine.info().name.clone());
    let request = CompleteRequest {
        text: &text,
        at,
        language: Language::of_path(&args.place.path.to_string_lossy()),
        count: usize::from(args.count),
        max_tokens: usize::from(args.max_tokens),
    };
    let found = complete::run(engine.as_mut(), &request, &cancel).map_err(|error| match error {
        CompleteError::NoFim(_) | CompleteError::Engine(_) => {
            Failure::environment(error.to_string())
        }
    });
    if watch::is_interrupted() {
        return Ok(ExitStatus::Interrupted);
    }
    json.completions = found?.into_iter().map(shown).collect();
    let none = json.completions.is_empty();
    json.status = if none { "none" } else { "ok" };
    Ok(if none { ExitStatus::NoFix } else { ExitStatus::Success })
}

fn shown(suggestion: Suggestion) -> JsonCompletion {
    let Suggestion { text, mean_logprob, tokens, parses, unfinished } = suggestion;
    JsonCompletion { text, mean_logprob, tokens, parses, unfinished }
}

fn standard_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .path("read", Path::new("standard input"))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Failure::usage("standard input is larger than 16 MiB: that is no source file"));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage("standard input is not UTF-8"))
}

/// The byte offset of a place.
fn offset(text: &str, place: &Place) -> anyhow::Result<usize> {
    let lines = LineIndex::new(text);
    let path = place.path.display();
    let Some(span) = lines.span(Line(place.line)) else {
        let count = lines.count();
        return Err(Failure::usage(format!("{path} has {count} lines, not {}", place.line)));
    };
    let line = span.of(text).unwrap_or_default().trim_end_matches(['\n', '\r']);
    let mut offsets = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    match offsets.nth(place.column - 1) {
        Some(at) => Ok(span.start + at),
        None => Err(Failure::usage(format!(
            "line {} of {path} has {} characters: column {} is not in it",
            place.line,
            line.chars().count(),
            place.column
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_from_the_right() {
        let wanted = Place { path: "a:b/c.py".into(), line: 12, column: 3 };
        assert_eq!(place("a:b/c.py:12:3"), Ok(wanted));
        for bad in ["a.py", "a.py:1", "a.py:0:1", "a.py:1:0", ":1:1", "a.py:x:1", ""] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn columns_are_characters() {
        let text = "a = 'é' \r\nb\n";
        let at = |line, column| {
            offset(text, &Place { path: "a.py".into(), line, column }).map_err(|e| e.to_string())
        };
        assert_eq!(at(1, 1), Ok(0));
        assert_eq!(at(1, 7), Ok(7));
        assert_eq!(at(1, 9), Ok(9));
        assert_eq!(
            at(1, 10).unwrap_err(),
            "line 1 of a.py has 8 characters: column 10 is not in it"
        );
        assert_eq!(at(2, 2), Ok(12));
        assert!(at(9, 1).unwrap_err().contains("lines, not 9"));
    }
}

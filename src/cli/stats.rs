//! `slm stats`: what slm's own log says of its runs, and a file of it that may be shared.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde::Serialize;

use super::recording;
use super::report::{self, ExitStatus, Failure};
use crate::agent::record::{self, Filter, Log, Shared, Summary, Task};
use crate::base::fs::PathContext as _;
use crate::base::sanitize;
use crate::config::{self, Config, Environment};

/// Models that everybody can have, by the names in their files: only these are named in what is shared. The catalogue's
/// are among them.
const PUBLIC: [&str; 28] = [
    "CodeGemma 2B",
    "CodeGemma 7B",
    "CodeLlama 7B",
    "Codestral 22B",
    "DeepSeek Coder 1.3B",
    "DeepSeek Coder 6.7B",
    "Gemma 3 1B",
    "Gemma 3 4B",
    "Granite 3B Code",
    "Granite 4 Micro",
    "Llama 3.2 1B Instruct",
    "Llama 3.2 3B Instruct",
    "Mellum 4B",
    "Qwen2.5 Coder 0.5B",
    "Qwen2.5 Coder 0.5B Instruct",
    "Qwen2.5 Coder 1.5B",
    "Qwen2.5 Coder 1.5B Instruct",
    "Qwen2.5 Coder 3B",
    "Qwen2.5 Coder 3B Instruct",
    "Qwen2.5 Coder 7B",
    "Qwen2.5 Coder 7B Instruct",
    "Qwen3 1.7B",
    "Qwen3 4B",
    "Qwen3 Coder 30B A3B",
    "SmolLM2 1.7B Instruct",
    "SmolLM2 360M Instruct",
    "StarCoder2 3B",
    "StarCoder2 7B",
];

/// Say how long slm takes, how often it succeeds, and how fast its models are
///
/// Sums up the log that slm keeps of its own runs on this machine: numbers and words of closed lists, no code, no
/// names of files, no commands. Nothing is sent anywhere. `stats.record = false` in the configuration keeps nothing.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  slm stats --days 7
  slm stats --task fix --json
  slm stats export --anonymous --show        what could be shared
  slm stats export --anonymous stats.json    write it

Exit status: 0 done, 1 nothing is recorded, 2 usage, 3 environment."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    which: Which,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// Which entries are looked at.
#[derive(Debug, clap::Args)]
struct Which {
    /// Only the last N days, today among them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    days: Option<u32>,
    /// Only this task
    #[arg(long, value_name = "TASK", value_parser = tasks())]
    task: Option<Task>,
    /// Only this model, by its name or its hash
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Export(ExportArgs),
    /// Remove the log
    Clear,
    /// Print the directory of the log
    Path,
}

/// Write a file that may be shared with others
///
/// Holds counts and rounded figures of at least 5 runs or requests each, the number of days, and names of models that
/// everybody can have; docs/stats.md has its schema. It is shown before it is written.
#[derive(Debug, clap::Args)]
struct ExportArgs {
    /// A new file
    #[arg(value_name = "FILE", required_unless_present = "show")]
    file: Option<PathBuf>,
    /// Leave out what could tell of a person, a machine or a project: there is no other export
    #[arg(long, required = true)]
    anonymous: bool,
    /// Only show it
    #[arg(long, conflicts_with = "file")]
    show: bool,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

fn tasks() -> impl clap::builder::TypedValueParser<Value = Task> {
    let names = PossibleValuesParser::new(Task::ALL.iter().map(|task| task.name()));
    names.try_map(|name| Task::of_name(&name).ok_or("no task of slm's"))
}

/// The JSON contract of `slm stats --json`.
#[derive(Debug, Serialize)]
struct Json {
    /// Whether runs are recorded now.
    recording: bool,
    directory: PathBuf,
    #[serde(flatten)]
    summary: Summary,
}

/// Runs `slm stats`.
///
/// # Errors
/// A log that cannot be read or removed, a file that is there or cannot be written.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let config = config::load(&environment.config_file())?;
    let log = recording::log(environment, &config);
    match &args.command {
        None => show(args, &config, &log),
        Some(Command::Export(args)) => export(args, &log),
        Some(Command::Clear) => {
            let removed = log.clear()?;
            report::note(&format!("slm: removed {removed} file(s)"));
            Ok(ExitStatus::Success)
        }
        Some(Command::Path) => {
            report::line(&sanitize(&log.directory().display().to_string()));
            Ok(ExitStatus::Success)
        }
    }
}

fn show(args: &Args, config: &Config, log: &Log) -> anyhow::Result<ExitStatus> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let filter = Filter {
        days: args.which.days.map(u64::from),
        task: args.which.task,
        model: args.which.model.clone(),
    };
    let read = log.read(filter.since(now))?;
    let summary = record::summarise(&read, &filter, now);
    let is_empty = summary.days == 0;
    let recording = recording::is_on(config);
    if args.json {
        let directory = log.directory().to_owned();
        report::json(&Json { recording, directory, summary });
    } else {
        report::out(&sanitize(&record::table(&summary)));
        if !recording {
            report::note("slm: nothing is recorded: stats.record is false in the configuration");
        }
    }
    Ok(if is_empty { ExitStatus::NoFix } else { ExitStatus::Success })
}

fn export(args: &ExportArgs, log: &Log) -> anyhow::Result<ExitStatus> {
    let read = log.read(0)?;
    let shared = record::anonymous(&read.entries, &PUBLIC, env!("CARGO_PKG_VERSION"));
    let text = format!("{}\n", serde_json::to_string_pretty(&shared)?);
    report::out(&text);
    if is_empty(&shared) {
        let few = record::FEW;
        let why = format!("nothing can be shared yet: there are fewer than {few} runs of a kind");
        return Err(Failure::nothing(why));
    }
    if let Some(file) = &args.file {
        write(file, &text, args.force)?;
        let shown = file.display();
        report::note(&format!("slm: the above is in {shown}; nothing was sent anywhere"));
    }
    Ok(ExitStatus::Success)
}

fn is_empty(shared: &Shared) -> bool {
    shared.tasks.is_empty() && shared.models.is_empty() && shared.routes.is_empty()
}

/// Writes the whole file or nothing.
fn write(file: &Path, text: &str, replace: bool) -> anyhow::Result<()> {
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut new = tempfile::NamedTempFile::new_in(directory).path("write in", directory)?;
    new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).path("write", file)?;
    let kept = if replace { new.persist(file) } else { new.persist_noclobber(file) };
    match kept {
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Failure::usage(format!("{} is there: --force replaces it", file.display())))
        }
        kept => Ok(kept.map(drop).map_err(|error| error.error).path("write", file)?),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::agent::record::ModelName;
    use crate::models::catalogue;

    /// What a name comes to without its size, its purpose and its punctuation: `qwen25coder`.
    fn family(name: &str) -> String {
        let letters = |word: &str| word.replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let is_size = |word: &str| {
            let number = word.trim_end_matches(['b', 'm']);
            number.len() < word.len() && number.parse::<f32>().is_ok()
        };
        let name = name.to_lowercase();
        let words = name.split([' ', '-']).filter(|word| !is_size(word) && *word != "instruct");
        words.map(letters).collect()
    }

    #[test]
    fn each_public_name_can_stand_in_a_log() {
        let different: BTreeSet<&str> = PUBLIC.into_iter().collect();
        assert_eq!(different.len(), PUBLIC.len(), "one is there twice");
        for name in PUBLIC {
            assert_eq!(ModelName::new(name).as_str(), name, "the log would write it otherwise");
        }
        assert!(PUBLIC.is_sorted());
    }

    #[test]
    fn every_model_of_the_catalogue_that_writes_is_public() {
        let known: BTreeSet<String> = PUBLIC.into_iter().map(family).collect();
        let catalogue = catalogue::built_in().unwrap();
        let writers =
            catalogue.models.iter().filter(|model| !model.roles.contains(&"embed".into()));
        let missing: Vec<&str> = writers
            .filter(|model| !known.contains(&family(&model.name)))
            .map(|model| model.name.as_str())
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}

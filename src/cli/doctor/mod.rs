//! `slm doctor`: what holds on this machine, what was chosen and why, and what to do where something
//! does not.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::report::{self, ExitStatus};
use super::{chosen, model, selftest, warm};
use crate::base::{Cancel, sanitize, size};
use crate::config::{self, Config, Environment};
use crate::engine::gguf;
use crate::engine::memory::{self, Wish};
use crate::engine::offload::{self, Device, Parts};
use crate::models::registry::Role;
use crate::repo;
use crate::sandbox::{Options, Workspace};

use machine::{Memory, Processor};

pub(super) mod machine;

/// Say what works on this machine, what was chosen, and why
///
/// Isolation layers, configuration and test command; processor, memory, devices, and the self-test of
/// llama.cpp, which is run again; what the configured model needs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// The JSON contract of `slm doctor --json`. Sizes are in bytes.
#[derive(Debug, Serialize)]
struct Json {
    version: &'static str,
    build: Build,
    configuration: PathBuf,
    state: PathBuf,
    processor: Processor,
    memory: Memory,
    devices: Vec<Device>,
    /// Why no devices could be looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    devices_problem: Option<String>,
    /// `null` without llama.cpp.
    self_test: Option<selftest::Found>,
    /// `null` where none is configured.
    model: Option<Model>,
    prefix_cache: Cache,
    warm_worker: warm::Json,
    repository: PathBuf,
    test_command: Option<Vec<String>>,
    sandbox: Sandbox,
}

#[derive(Debug, Serialize)]
struct Build {
    /// "native", "native without AMX", "portable", or "cargo" when `install.sh` had no part in it.
    kind: &'static str,
    llama_cpp: bool,
    /// Its faster kernels, whose results depend on what is computed beside.
    llamafile: bool,
    /// The part of llama.cpp that was chosen for this processor, where there are several.
    variant: Option<String>,
    /// "cuda", "metal", "rocm", "vulkan".
    gpu: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Model {
    path: PathBuf,
    name: Option<String>,
    /// Of all weights.
    weights_bytes: Option<u64>,
    /// Tokens that it would be given now.
    context: Option<usize>,
    need_bytes: Option<u64>,
    layers: Option<u64>,
    gpu_layers: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Cache {
    directory: PathBuf,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Sandbox {
    mode: &'static str,
    layers: Vec<Layer>,
}

#[derive(Debug, Serialize)]
struct Layer {
    name: &'static str,
    holds: bool,
    detail: String,
}

/// Runs `slm doctor`.
///
/// # Errors
/// A configuration that does not parse, no usable isolation.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let config = config::load(&environment.config_file())?;
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let root = repo::discover(&here)?;
    let test = repo::detect_test_command(&root.path);
    let workspace = Workspace::open(&root.path, &Options::from_process())?;
    let isolation = workspace.isolation();
    let layers = isolation.layers.iter();
    let layers = layers.map(|l| Layer { name: l.name, holds: l.holds, detail: l.detail.clone() });
    let sandbox = Sandbox { mode: isolation.mode.name(), layers: layers.collect() };

    let processor = Processor::here();
    let memory = Memory::here(processor.threads.unwrap_or(1));
    let llama = cfg!(feature = "llama");
    let found = if llama { machine::Found::here() } else { Ok(machine::Found::default()) };
    let (found, devices_problem) = match found {
        Ok(found) => (found, None),
        Err(problem) => (machine::Found::default(), Some(problem)),
    };
    let self_test = llama.then(|| selftest::again(environment, &Cancel::new())).transpose()?;
    let gpu = self_test.as_ref().is_some_and(selftest::Found::gpu_is_usable);
    let devices = if gpu { found.devices.as_slice() } else { &[] };
    let model = chosen::choose(Role::Repair, None, environment, &config)?
        .map(|model| examine(&model.path, &config, memory.available_bytes, devices));
    let json = Json {
        version: env!("CARGO_PKG_VERSION"),
        build: build(found.variant),
        configuration: environment.config_file(),
        state: environment.state_dir(),
        processor,
        memory,
        devices: found.devices,
        devices_problem,
        self_test,
        model,
        prefix_cache: prefix_cache(environment),
        warm_worker: warm::status(environment)?,
        repository: root.path.clone(),
        test_command: test.as_ref().map(|found| found.argv.clone()),
        sandbox,
    };
    if args.json {
        report::json(&json);
    } else {
        for line in lines(&json, test.map(|found| found.why)) {
            report::line(&sanitize(&line));
        }
    }
    Ok(ExitStatus::Success)
}

fn build(variant: Option<String>) -> Build {
    let gpu = [
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
        ("rocm", cfg!(feature = "rocm")),
        ("vulkan", cfg!(feature = "vulkan")),
    ];
    Build {
        // What install.sh says to the compiler.
        kind: option_env!("SLM_BUILD").unwrap_or("cargo"),
        llama_cpp: cfg!(feature = "llama"),
        llamafile: cfg!(feature = "llama") && option_env!("GGML_LLAMAFILE") != Some("OFF"),
        variant,
        gpu: gpu.into_iter().filter_map(|(name, built)| built.then_some(name)).collect(),
    }
}

/// What the model is, and what it would be given if it were loaded now.
fn examine(path: &Path, config: &Config, available: Option<u64>, devices: &[Device]) -> Model {
    let mut model = Model {
        path: path.to_owned(),
        name: None,
        weights_bytes: None,
        context: None,
        need_bytes: None,
        layers: None,
        gpu_layers: None,
        problem: None,
    };
    let header = match gguf::check(path) {
        Ok(header) => header,
        Err(error) => return Model { problem: Some(error.to_string()), ..model },
    };
    let options = model::configured(path, config);
    let trained = usize::try_from(header.context).unwrap_or(usize::MAX);
    let wish = Wish { context: options.context.min(trained), keys: options.keys };
    model.weights_bytes = Some(header.shape.weights);
    model.layers = Some(header.blocks);
    let own = |device: &&Device| device.own_memory;
    let own = devices.iter().filter(own).map(|device| device.free).fold(0, u64::saturating_add);
    match memory::fit(&header, wish, available.map(|bytes| bytes.saturating_add(own))) {
        Ok(fit) => {
            model.context = Some(fit.context);
            model.need_bytes = Some(fit.need.total());
            let fitting = || offload::on(devices, Parts::of(&header, &fit));
            model.gpu_layers = Some(match config.model.gpu_layers {
                _ if devices.is_empty() => 0,
                Some(layers) => layers,
                None => fitting(),
            });
        }
        Err(problem) => model.problem = Some(problem),
    }
    model.name = header.name;
    model
}

fn prefix_cache(environment: &Environment) -> Cache {
    let directory = model::prefix_root(environment);
    let files = |dir: &Path| std::fs::read_dir(dir).into_iter().flatten().flatten();
    let of_models = files(&directory).flat_map(|model| files(&model.path()).collect::<Vec<_>>());
    let bytes = of_models.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum();
    Cache { directory, bytes }
}

/// The same for people.
fn lines(json: &Json, why: Option<String>) -> Vec<String> {
    let mut out = vec![format!("slm {}", json.version)];
    let mut say = |name: &str, text: String| out.push(format!("{name:<15}{text}"));
    let state = if json.configuration.exists() { "read" } else { "absent, defaults are used" };
    say("configuration", format!("{} ({state})", json.configuration.display()));
    say("state", json.state.display().to_string());
    say("engine", engine(&json.build));
    let Processor { name, features, .. } = &json.processor;
    say("processor", format!("{name} ({})", features.join(" ")));
    if let Some(why) = json.processor.why() {
        say("threads", why);
    }
    say("memory", in_words(&json.memory));
    for device in &json.devices {
        let Device { name, backend, free, total, .. } = device;
        let room = format!("{} of {} free", size(*free), size(*total));
        say("device", format!("{name} ({backend}), {room}"));
    }
    match &json.devices_problem {
        Some(problem) => say("device", format!("cannot be looked for: {problem}")),
        None if json.devices.is_empty() => say("device", "none but the processor".to_owned()),
        None => {}
    }
    if let Some(found) = &json.self_test {
        say("self-test", format!("{}, {} ms", found.cpu.describe(), found.elapsed_ms));
        if let Some(gpu) = &found.gpu {
            say("", format!("on the GPU: {}", gpu.describe()));
        }
        if !found.cpu.is_usable() {
            say("", "no model is loaded; build slm again: ./install.sh --portable".to_owned());
        }
    }
    match &json.model {
        Some(model) => model_lines(model).into_iter().for_each(|(name, text)| say(name, text)),
        None => say("model", "none; set model.path, SLM_MODEL or --model".to_owned()),
    }
    let Cache { directory, bytes } = &json.prefix_cache;
    say("prefix cache", format!("{} in {}", size(*bytes), directory.display()));
    say("warm worker", json.warm_worker.in_short());
    say("repository", json.repository.display().to_string());
    match (&json.test_command, why) {
        (Some(argv), Some(why)) => say("test command", format!("{} ({why})", argv.join(" "))),
        _ => say("test command", "none found; give one after `slm fix --`".to_owned()),
    }
    say("sandbox", json.sandbox.mode.to_owned());
    for Layer { name, holds, detail } in &json.sandbox.layers {
        let sign = if *holds { "yes" } else { "no " };
        out.push(format!("  {sign} {name:<16} {detail}"));
    }
    out
}

fn engine(build: &Build) -> String {
    if !build.llama_cpp {
        return "built without llama.cpp".to_owned();
    }
    let mut text = match build.kind {
        "cargo" => {
            "llama.cpp, built by cargo alone for any processor (not by install.sh)".to_owned()
        }
        kind => format!("llama.cpp, {kind} build"),
    };
    if let Some(variant) = &build.variant {
        text += &format!(", its variant {variant} chosen for this processor");
    }
    text +=
        if build.llamafile { ", with llamafile's kernels" } else { ", llamafile's kernels off" };
    if !build.gpu.is_empty() {
        text += &format!(", {}", build.gpu.join(", "));
    }
    text
}

fn in_words(memory: &Memory) -> String {
    let known = |bytes: Option<u64>| bytes.map_or("an unknown part".to_owned(), size);
    let of =
        format!("{} available of {}", known(memory.available_bytes), known(memory.total_bytes));
    match memory.read_bytes_per_second {
        Some(speed) => format!("{of}, read at {:.1} GB/s", speed / 1e9),
        None => format!("{of}; too little to measure how fast it is read"),
    }
}

fn model_lines(model: &Model) -> Vec<(&'static str, String)> {
    let mut out = vec![("model", model.path.display().to_string())];
    if let (Some(weights), Some(context), Some(need)) =
        (model.weights_bytes, model.context, model.need_bytes)
    {
        let name = model.name.as_deref().unwrap_or("unnamed");
        let weights = size(weights);
        out.push((
            "",
            format!("{name}: {weights} of weights; needs {} with {context} tokens", size(need)),
        ));
    }
    if let (Some(on_gpu @ 1..), Some(layers)) = (model.gpu_layers, model.layers) {
        let on_gpu = u64::from(on_gpu).min(layers);
        out.push(("", format!("{on_gpu} of {layers} layers on a GPU")));
    }
    if let Some(problem) = &model.problem {
        out.push(("", problem.clone()));
    }
    out
}

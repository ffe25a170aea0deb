//! Performs what a conversation asks for, on two threads: one for the model, one for everything else.
//!
//! The model is opened on its thread, so that the screen is there before it. What is said and done is kept
//! in the session's log before anybody acts on it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::entry::Entry;
use super::log::Log;
use super::state::{Effect, Event, Loaded, ModelState, Perform};
use super::tools::{Toolbox, Workplace};
use super::window::Window;
use super::{answer, errand};
use crate::base::{Cancel, fs};
use crate::engine::{Engine, ModelInfo};

/// Opens the chosen model, or another one.
pub type Open = Box<dyn Fn(Option<&Path>) -> Result<Opened, String> + Send>;

/// What could be opened.
#[expect(missing_debug_implementations, reason = "an engine has none")]
pub enum Opened {
    /// A model; whether it can chat is found out.
    Engine { engine: Box<dyn Engine>, remote: bool },
    /// None is chosen.
    Nothing,
}

/// What a conversation may use, and what it is about.
#[expect(missing_debug_implementations, reason = "a function has none")]
pub struct Setting {
    pub place: Workplace,
    pub open: Open,
    /// Where the session is kept; without it nothing is.
    pub log: Option<Log>,
    /// Where sessions are, for `/save` and `/resume`.
    pub sessions: PathBuf,
}

/// The model of the session, shared by those who use it: one at a time.
pub(super) type Model = Arc<Mutex<Option<Box<dyn Engine>>>>;

/// Performs effects; what comes of them goes to a channel as events.
#[derive(Debug)]
pub struct Driver {
    events: Sender<Event>,
    model: Sender<ForModel>,
    tools: Sender<ForTools>,
    generating: Cancel,
    calling: Cancel,
    log: Option<Log>,
}

/// For the thread of the model.
#[derive(Debug)]
pub(super) enum ForModel {
    Open(Option<PathBuf>),
    Answer { id: u64, prompt: super::Prompt, cancel: Cancel },
    Context,
}

/// For the thread of the tools.
#[derive(Debug)]
pub(super) enum ForTools {
    Call {
        id: u64,
        call: super::Call,
        cancel: Cancel,
    },
    Apply {
        id: u64,
        patch: crate::edit::Patch,
    },
    Command(super::Command),
    /// How many tokens the model holds.
    Room(usize),
    /// Open the sandbox and say what it is.
    Sandbox,
}

impl Driver {
    /// Starts both threads, and opening the model.
    pub fn start(setting: Setting, events: Sender<Event>) -> Self {
        let Setting { place, open, log, sessions } = setting;
        let model: Model = Arc::default();
        let (to_model, for_model) = unbounded();
        let (to_tools, for_tools) = unbounded();
        let id = log.as_ref().map(|log| log.id().to_owned());
        let room = to_tools.clone();
        let desk = ModelDesk {
            events: events.clone(),
            model: Arc::clone(&model),
            root: place.root.clone(),
            tests: place.test.as_deref().map(crate::agent::checks::probe::shown),
            open,
            room,
            window: None,
            last: None,
        };
        std::thread::spawn(move || desk.serve(&for_model));
        let errands = errand::Errands::new(
            Toolbox::new(place),
            model,
            events.clone(),
            to_model.clone(),
            (sessions, id),
        );
        std::thread::spawn(move || errands.serve(&for_tools));
        // The thread has just been started: it is there.
        let _ = to_model.send(ForModel::Open(None));
        Self {
            events,
            model: to_model,
            tools: to_tools,
            generating: Cancel::new(),
            calling: Cancel::new(),
            log,
        }
    }

    /// Opens the sandbox while nobody waits for it, and has what it is come as an event: for a screen.
    pub fn open_sandbox(&self) {
        let _ = self.tools.send(ForTools::Sandbox);
    }

    fn keep(&mut self, entry: &Entry) {
        let Some(log) = &mut self.log else { return };
        if let Err(error) = log.add(entry) {
            // Said once: what is said is logged, too.
            self.log = None;
            let text = format!("from here on this session is not kept: {error}");
            let _ = self.events.send(Event::Notice { text, error: true });
        }
    }
}

impl Perform for Driver {
    // Who no longer listens has ended, and the program with it.
    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Log(entry) => self.keep(&entry),
            Effect::Generate { id, prompt } => {
                self.generating = Cancel::new();
                let cancel = self.generating.clone();
                let _ = self.model.send(ForModel::Answer { id, prompt, cancel });
            }
            Effect::StopGenerating => self.generating.cancel(),
            Effect::Perform { id, call } => {
                self.calling = Cancel::new();
                let cancel = self.calling.clone();
                let _ = self.tools.send(ForTools::Call { id, call, cancel });
            }
            Effect::Shell { id, command } => {
                self.calling = Cancel::new();
                let (call, cancel) = (super::Call::Run { command }, self.calling.clone());
                let _ = self.tools.send(ForTools::Call { id, call, cancel });
            }
            Effect::StopCall => self.calling.cancel(),
            Effect::Apply { id, patch } => drop(self.tools.send(ForTools::Apply { id, patch })),
            Effect::Command(command) => drop(self.tools.send(ForTools::Command(command))),
            Effect::Leave => {
                self.generating.cancel();
                self.calling.cancel();
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.generating.cancel();
        self.calling.cancel();
    }
}

/// Sits between the conversation and the model.
struct ModelDesk {
    events: Sender<Event>,
    model: Model,
    root: PathBuf,
    tests: Option<String>,
    open: Open,
    room: Sender<ForTools>,
    window: Option<Window>,
    /// Tokens of the last prompt.
    last: Option<usize>,
}

impl ModelDesk {
    fn serve(mut self, asked: &Receiver<ForModel>) {
        for ask in asked {
            // What a command asked for is done when it has been answered.
            let command = matches!(ask, ForModel::Open(Some(_)) | ForModel::Context);
            let event = match ask {
                ForModel::Open(path) => self.open(path.as_deref()),
                ForModel::Answer { id, prompt, cancel } => {
                    let reply = self.answer(id, &prompt, &cancel);
                    Event::Replied { id, reply }
                }
                ForModel::Context => Event::Notice { text: self.context(), error: false },
            };
            if self.events.send(event).is_err() {
                return;
            }
            if command {
                let _ = self.events.send(Event::Done);
            }
        }
    }

    fn open(&mut self, path: Option<&Path>) -> Event {
        if path.is_some() {
            let name = path.map_or_else(String::new, |path| path.display().to_string());
            let _ = self.events.send(Event::Model(ModelState::Loading { name }));
        }
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        match (self.open)(path) {
            Err(error) if path.is_some() && model.is_some() => {
                let _ = self.events.send(Event::Notice { text: error, error: true });
                // The one before is still there.
                let info = model.as_ref().map(|engine| engine.info().clone());
                Event::Model(info.map_or_else(
                    || ModelState::Absent { why: String::new() },
                    |info| state_of(&info, false),
                ))
            }
            Err(error) => Event::Model(ModelState::Absent { why: error }),
            Ok(Opened::Nothing) => Event::Model(ModelState::Absent { why: absent("") }),
            Ok(Opened::Engine { engine, remote }) => {
                let info = engine.info().clone();
                let name = self.root.file_name().unwrap_or_default().to_string_lossy();
                self.window =
                    Some(Window::new(answer::form_of(&info), &name, self.tests.as_deref()));
                let _ = self.room.send(ForTools::Room(info.context));
                *model = Some(engine);
                Event::Model(state_of(&info, remote))
            }
        }
    }

    fn answer(
        &mut self,
        id: u64,
        prompt: &super::Prompt,
        cancel: &Cancel,
    ) -> Result<super::Reply, String> {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(engine), Some(window)) = (model.as_deref_mut(), self.window.as_mut()) else {
            return Err("there is no model".to_owned());
        };
        let read = |path: &str| {
            let path = crate::base::RepoPath::new(path).ok()?;
            fs::read_text(&path.to_path(&self.root)).ok()
        };
        let events = self.events.clone();
        let mut hear = |text: &str| {
            let _ = events.send(Event::Text { id, text: text.to_owned() });
        };
        let (reply, tokens, notes) =
            answer::answer(engine, window, prompt, cancel, &read, &mut hear)?;
        self.last = Some(tokens);
        for text in notes {
            let _ = self.events.send(Event::Notice { text, error: false });
        }
        Ok(reply)
    }

    fn context(&self) -> String {
        let model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(engine) = model.as_ref() else { return absent("") };
        let holds = engine.info().context;
        match self.last {
            None => format!("the context holds {holds} tokens; nothing was asked yet"),
            Some(last) => format!(
                "the last prompt took {last} of {holds} tokens ({} %). When it is full, results of older turns \
                 are shortened, then older turns are summarised; what is kept with /add stays",
                last * 100 / holds.max(1)
            ),
        }
    }
}

fn state_of(info: &ModelInfo, remote: bool) -> ModelState {
    if info.repairs || !info.has_chat_template || info.embeds.is_some() {
        return ModelState::Absent { why: absent(&info.name) };
    }
    ModelState::Ready(Loaded { name: info.name.clone(), context: info.context, remote })
}

/// Why there is no chat model, in a clause.
fn absent(name: &str) -> String {
    if name.is_empty() {
        "no chat model is chosen".to_owned()
    } else {
        format!("{name} repairs code and cannot chat")
    }
}

//! The thread of the tools: calls, writes under the lock, and the commands that are no business of the
//! conversation itself.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use crossbeam_channel::{Receiver, Sender};

use super::command::Command;
use super::drive::{ForModel, ForTools, Model};
use super::entry::{Attached, Outcome};
use super::state::Event;
use super::tools::{Done, Run, Toolbox};
use super::{Call, log};
use crate::base::{Cancel, RepoPath, fs};
use crate::edit::{self, FileChange, OpId, OpMeta, Patch, diff};
use crate::engine::Engine;

/// Sessions that `/resume` names.
const SESSIONS: usize = 8;

pub(super) struct Errands {
    tools: Toolbox,
    model: Model,
    events: Sender<Event>,
    to_model: Sender<ForModel>,
    /// Where sessions are, and this one.
    sessions: PathBuf,
    session: Option<String>,
    /// What the files that this session changed were before.
    before: BTreeMap<RepoPath, Option<Arc<[u8]>>>,
    /// Operations of this session that stand, and those taken back.
    done: Vec<OpId>,
    undone: Vec<OpId>,
}

impl Errands {
    pub(super) fn new(
        tools: Toolbox,
        model: Model,
        events: Sender<Event>,
        to_model: Sender<ForModel>,
        (sessions, session): (PathBuf, Option<String>),
    ) -> Self {
        let (before, done, undone) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { tools, model, events, to_model, sessions, session, before, done, undone }
    }

    pub(super) fn serve(mut self, tasks: &Receiver<ForTools>) {
        for task in tasks {
            let event = match task {
                ForTools::Room(tokens) => {
                    self.tools.make_room(tokens);
                    continue;
                }
                ForTools::Sandbox => match self.tools.isolation() {
                    Ok(kind) => Event::Sandbox(kind.to_owned()),
                    Err(error) => {
                        let text = format!("no command can be run here: {error}");
                        Event::Notice { text, error: false }
                    }
                },
                ForTools::Call { id, call, cancel } => self.call(id, &call, &cancel),
                ForTools::Apply { id, patch } => match self.apply(&patch) {
                    Ok((operation, files)) => Event::Applied { id, operation, files },
                    Err(error) => {
                        let line = "nothing was written".to_owned();
                        let outcome = Outcome { ok: false, text: error, line };
                        Event::Performed { id, outcome }
                    }
                },
                ForTools::Command(command) => {
                    if let Err(text) = self.command(&command) {
                        let _ = self.events.send(Event::Notice { text, error: true });
                    }
                    if matches!(command, Command::Context | Command::Model(Some(_))) {
                        // The thread of the model says when it is done.
                        continue;
                    }
                    Event::Done
                }
            };
            if self.events.send(event).is_err() {
                return;
            }
        }
    }

    fn call(&mut self, id: u64, call: &Call, cancel: &Cancel) -> Event {
        let events = self.events.clone();
        let progress = move |line: String| {
            let _ = events.send(Event::Progress { id, line });
        };
        // Only a fix asks the model, which is at rest while a call is performed.
        let mut model = self.model.try_lock().ok().filter(|_| matches!(call, Call::Fix { .. }));
        let engine = model.as_mut().and_then(|model| model.as_deref_mut());
        let engine = engine.map(|engine| engine as &mut dyn Engine);
        let run = Run { cancel, engine, progress: &progress };
        match self.tools.perform(call, run) {
            Done::Outcome(outcome) => Event::Performed { id, outcome },
            Done::Proposal { patch, diff, checks, sound } => {
                Event::Proposed { id, patch, diff, checks, sound }
            }
        }
    }

    /// Writes a patch; gives the operation and the files.
    fn apply(&mut self, patch: &Patch) -> Result<(u64, Vec<String>), String> {
        let files: Vec<String> = patch.files().iter().map(|file| file.path.to_string()).collect();
        let lock = self.tools.lock()?;
        let meta = OpMeta { title: format!("chat: {}", files.join(", ")), command: None };
        let operation = edit::apply(&lock, patch, &meta).map_err(|error| error.to_string())?;
        for file in patch.files() {
            self.before.entry(file.path.clone()).or_insert_with(|| file.before.clone());
        }
        self.done.push(operation.id);
        self.undone.clear();
        self.tools.forget();
        Ok((operation.id.0, files))
    }

    fn say(&self, text: impl Into<String>) {
        let _ = self.events.send(Event::Notice { text: text.into(), error: false });
    }

    fn command(&mut self, command: &Command) -> Result<(), String> {
        match command {
            Command::Add(path) => {
                let path = self.tools.resolve(path)?;
                self.tools.text_of(&path)?;
                let path = path.to_string();
                let _ = self.events.send(Event::Pinned { path, pinned: true });
            }
            Command::Refactor(words) => {
                // Words that are no step: the model makes edits of them.
                let (path, goal) = super::commanded::split(words);
                let path = self.tools.resolve(path)?;
                let text = self.tools.text_of(&path)?;
                let request = format!(
                    "Refactor {path}: {}. Do not change what it does. Make one small edit after another; each \
                     is proven by the tests.",
                    goal.unwrap_or_default()
                );
                let attached = vec![Attached { path: path.to_string(), lines: None, text }];
                let _ = self.events.send(Event::Said { text: request, attached });
            }
            Command::Model(Some(path)) => {
                let _ = self.to_model.send(ForModel::Open(Some(PathBuf::from(path))));
            }
            Command::Model(None) => self.say(self.describe_model()),
            Command::Context => drop(self.to_model.send(ForModel::Context)),
            Command::Diff => {
                let patch = self.changes();
                self.say(if patch.is_empty() {
                    "this session has changed nothing".to_owned()
                } else {
                    diff::unified(&patch)
                });
            }
            Command::Undo => self.undo()?,
            Command::Redo => self.redo()?,
            Command::Commit(message) => self.commit(message.as_deref())?,
            Command::Save(path) => self.save(path.as_deref())?,
            Command::Resume(_) => self.say(self.list()),
            _ => {}
        }
        Ok(())
    }

    fn describe_model(&self) -> String {
        let model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let how = "/model PATH loads another one, a GGUF file";
        model.as_ref().map_or_else(
            || format!("no model is loaded; {how}"),
            |engine| {
                let info = engine.info();
                let file = info.path.as_ref().map(|path| format!(", {}", path.display()));
                format!(
                    "{}: {} parameters, a context of {} tokens{}; {how}",
                    info.name,
                    info.parameters,
                    info.context,
                    file.unwrap_or_default()
                )
            },
        )
    }

    /// What this session has changed, as the files are now.
    fn changes(&self) -> Patch {
        let root = &self.tools.place.root;
        Patch::new(self.before.iter().map(|(path, before)| FileChange {
            path: path.clone(),
            before: before.clone(),
            after: fs::read(&path.to_path(root)).ok().map(Arc::from),
        }))
    }

    fn undo(&mut self) -> Result<(), String> {
        let lock = self.tools.lock()?;
        let done =
            edit::undo(&lock, self.done.last().copied()).map_err(|error| error.to_string())?;
        self.tools.forget();
        if let Some(id) = self.done.pop() {
            self.undone.push(id);
        }
        self.say(format!("took back {}", files_of(&done)));
        Ok(())
    }

    fn redo(&mut self) -> Result<(), String> {
        let lock = self.tools.lock()?;
        let last = self.undone.last().copied();
        let done = edit::redo(&lock, last).map_err(|error| error.to_string())?;
        self.tools.forget();
        if let Some(id) = self.undone.pop() {
            self.done.push(id);
        }
        self.say(format!("made again {}", files_of(&done)));
        Ok(())
    }

    fn commit(&mut self, message: Option<&str>) -> Result<(), String> {
        let patch = self.changes();
        if patch.is_empty() {
            return Err("this session has changed nothing that could be committed".to_owned());
        }
        let files: Vec<&str> = patch.files().iter().map(|file| file.path.as_str()).collect();
        let made = format!("Change {}", files.join(", "));
        let message = message.unwrap_or(&made);
        let committed = edit::commit(&self.tools.place.root, &patch, message, None)
            .map_err(|error| error.to_string())?;
        self.before.clear();
        let on = committed.branch.map(|branch| format!(" on {branch}")).unwrap_or_default();
        self.say(format!("committed as {}{on}: {}", &committed.id[..12], files.join(", ")));
        committed.notes.into_iter().for_each(|note| self.say(note));
        Ok(())
    }

    /// Writes the conversation where the person says; never over a file that is there.
    fn save(&self, path: Option<&str>) -> Result<(), String> {
        let Some(id) = &self.session else {
            return Err("this session is not kept, so it cannot be saved".to_owned());
        };
        let (header, entries) = log::read(&self.sessions, id).map_err(|error| error.to_string())?;
        let default = self.sessions.join(format!("{id}.md"));
        let path = path.map_or(default, |path| self.tools.place.root.join(path));
        let title = format!("Session {id} in {}", header.root.display());
        write_new(&path, &log::markdown(&title, &entries))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        self.say(format!("saved as {}", path.display()));
        Ok(())
    }

    fn list(&self) -> String {
        let all = log::list(&self.sessions).unwrap_or_default();
        let here = all.iter().filter(|session| session.root == self.tools.place.root);
        let lines: Vec<String> = here
            .filter(|session| Some(&session.id) != self.session.as_ref())
            .take(SESSIONS)
            .map(|session| format!("{}  {}", session.id, session.title))
            .collect();
        if lines.is_empty() {
            return "there is no other session of this repository".to_owned();
        }
        format!("go on with one of these: slm chat --resume ID\n{}", lines.join("\n"))
    }
}

fn files_of(operation: &edit::Operation) -> String {
    let files: Vec<&str> = operation.files.iter().map(|file| file.path.as_str()).collect();
    format!("{} (operation {})", files.join(", "), operation.id)
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

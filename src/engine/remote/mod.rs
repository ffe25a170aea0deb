//! A model behind a server that speaks OpenAI's interface, on the user's word.
//!
//! [`Remote`] is an [`Engine`] that can be talked to and nothing else: it is sent messages, not prompts, so
//! there is no grammar, no score and no vector, and tokens are estimated. Whoever makes one has been
//! given an address by the user, shows [`Remote::describe`] first, and only then lets it [`Remote::connect`]:
//! before that no request is made.
//!
//! Not here: other interfaces, retries, model files.

#[cfg(feature = "remote")]
mod body;
mod endpoint;
#[cfg(feature = "remote")]
mod events;
#[cfg(feature = "remote")]
mod http;
#[cfg(feature = "remote")]
mod talk;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

pub use self::endpoint::{Endpoint, Plain};
#[cfg(feature = "remote")]
use self::http::Http;
use super::{
    ChatRequest, Completion, Engine, EngineError, GenerateRequest, Message, ModelInfo, Score,
    Usage, unquoted,
};
use crate::base::{Cancel, Secret, sanitize};

/// Bytes a token has at least, on the average: too few rather than too many, so that a context that is
/// thought to have room has it.
const TOKEN_BYTES: usize = 3;
/// Renderings that are remembered: the one that is asked with, and those tried on the way to it.
const RENDERED: usize = 4;
/// Names of models that are shown.
const SHOWN: usize = 8;

/// What is known about a server before it is asked anything.
#[derive(Clone, Debug)]
pub struct RemoteOptions {
    pub endpoint: Endpoint,
    /// `None`: the one that the server has.
    pub model: Option<String>,
    /// `SLM_API_KEY`.
    pub key: Option<Secret>,
    /// Tokens that fit; `None`: what the server says, else 8,192.
    pub context: Option<usize>,
    /// Certificates (PEM) of those who may vouch for the server, instead of the usual ones.
    pub authorities: Option<Vec<u8>>,
    /// The model is known to call tools by the interface's own way.
    pub tools: bool,
    /// How long the server may say nothing at all.
    pub patience: Duration,
}

impl RemoteOptions {
    /// For this endpoint, with five minutes of patience: a long prompt takes a small machine as much.
    pub fn new(endpoint: Endpoint) -> Self {
        let patience = Duration::from_secs(300);
        Self {
            endpoint,
            model: None,
            key: None,
            context: None,
            authorities: None,
            tools: false,
            patience,
        }
    }
}

/// A model at the other end of a socket.
pub struct Remote {
    options: RemoteOptions,
    info: ModelInfo,
    usage: Usage,
    /// What prompts of late were made from, oldest first.
    rendered: VecDeque<(String, ChatRequest)>,
    #[cfg(feature = "remote")]
    http: Http,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Remote {
    /// Prepares for a server; nothing is sent yet.
    ///
    /// # Errors
    /// In a build without the feature `remote`; a key that no header can hold; no certificates where some were given.
    pub fn new(options: RemoteOptions) -> Result<Self, EngineError> {
        if !cfg!(feature = "remote") {
            let message = "this slm was built without endpoints: rebuild with the `remote` feature";
            return Err(EngineError::BadRequest(message.to_owned()));
        }
        let sound = |key: &Secret| key.reveal().bytes().all(|byte| byte.is_ascii_graphic());
        if options.key.as_ref().is_some_and(|key| !sound(key)) {
            let message = "SLM_API_KEY holds letters that no key has";
            return Err(EngineError::BadRequest(message.to_owned()));
        }
        let info = ModelInfo {
            name: options.model.clone().unwrap_or_else(|| options.endpoint.host().to_owned()),
            path: None,
            architecture: "remote".to_owned(),
            context: options.context.unwrap_or(8192),
            vocabulary: 0,
            parameters: 0,
            has_chat_template: true,
            calls_tools: options.tools,
            fim: None,
            repairs: false,
            embeds: None,
            adapter: None,
        };
        Ok(Self {
            #[cfg(feature = "remote")]
            http: Http::new(&options)?,
            info,
            usage: Usage::default(),
            rendered: VecDeque::new(),
            options,
        })
    }

    /// Where the conversation would go and under what, in a sentence for the person.
    pub fn describe(&self) -> String {
        let key = match self.options.key {
            Some(_) => "; the key from SLM_API_KEY goes with it",
            None => "",
        };
        format!("{}{key}", self.options.endpoint.describe())
    }

    /// True when the server is on this machine.
    pub fn is_local(&self) -> bool {
        self.options.endpoint.is_local()
    }

    /// Asks the server for its models, and chooses the one that was named, or the only one.
    ///
    /// # Errors
    /// [`EngineError::Remote`]: no server, none that answers; several models and none named;
    /// [`EngineError::Cancelled`].
    pub fn connect(&mut self, cancel: &Cancel) -> Result<(), EngineError> {
        let models = match self.ask_models(cancel) {
            Ok(models) => models,
            // Not every server tells; the first message will show whether the name is right.
            Err(EngineError::Remote { reason, .. })
                if self.options.model.is_some() && reason.starts_with("404") =>
            {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let list = models["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let name = |model: &Value| model["id"].as_str().map(str::to_owned);
        let chosen = match &self.options.model {
            Some(wanted) => list.iter().find(|model| name(model).as_ref() == Some(wanted)),
            None if list.len() == 1 => list.first(),
            None => {
                let names: Vec<String> = list.iter().filter_map(name).take(SHOWN).collect();
                let reason = match names.is_empty() {
                    true => "it names no models: say which one with --model NAME".to_owned(),
                    false => {
                        let names = sanitize(&names.join(", ")).into_owned();
                        format!("it has several models: choose one with --model NAME ({names})")
                    }
                };
                return Err(self.failed(reason));
            }
        };
        if let Some(model) = chosen {
            if let Some(name) = name(model) {
                self.info.name = name;
            }
            let places =
                [&model["max_model_len"], &model["context_length"], &model["meta"]["n_ctx"]];
            let told = places.iter().find_map(|value| value.as_u64()).filter(|tokens| *tokens > 0);
            if let (Some(tokens), None) = (told, self.options.context) {
                self.info.context = usize::try_from(tokens).unwrap_or(usize::MAX);
            }
        }
        Ok(())
    }

    fn failed(&self, reason: impl Into<String>) -> EngineError {
        let host = self.options.endpoint.host().to_owned();
        EngineError::Remote { host, reason: reason.into() }
    }

    fn cannot(&self, what: &str) -> EngineError {
        EngineError::BadRequest(format!(
            "the model {} is behind an endpoint, which {what}: use a model file for this",
            self.info.name
        ))
    }
}

#[cfg(not(feature = "remote"))]
impl Remote {
    fn ask_models(&self, _: &Cancel) -> Result<Value, EngineError> {
        Err(self.cannot("this build does not reach"))
    }

    fn talk(
        &mut self,
        _: &ChatRequest,
        _: &GenerateRequest,
        _: &Cancel,
        _: &mut dyn FnMut(usize, &str),
    ) -> Result<Completion, EngineError> {
        Err(self.cannot("this build does not reach"))
    }
}

impl Engine for Remote {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// An estimate: the server's tokens are not known here.
    fn count_tokens(&mut self, text: &str) -> Result<usize, EngineError> {
        Ok(unquoted(text).len().div_ceil(TOKEN_BYTES))
    }

    fn chat_prompt(&mut self, messages: &[Message]) -> Result<String, EngineError> {
        self.render(&ChatRequest::new(messages))
    }

    /// The messages one after another, to be counted, and to be given back as they are.
    fn render(&mut self, chat: &ChatRequest) -> Result<String, EngineError> {
        let tools = chat.tools.iter().map(|tool| {
            format!("tool {}: {} {}\n\n", tool.name, tool.description, tool.parameters)
        });
        let messages = chat
            .messages
            .iter()
            .map(|message| format!("{}: {}\n\n", message.role.name(), unquoted(&message.content)));
        let prompt: String = tools.chain(messages).collect();
        self.rendered.retain(|(known, _)| *known != prompt);
        self.rendered.push_back((prompt.clone(), chat.clone()));
        if self.rendered.len() > RENDERED {
            self.rendered.pop_front();
        }
        Ok(prompt)
    }

    /// Only of a prompt that was rendered here of late, whose messages are sent; no other prompt means
    /// anything to a server.
    fn generate(
        &mut self,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        let known = self.rendered.iter().find(|(prompt, _)| *prompt == request.prompt);
        let Some(chat) = known.map(|(_, chat)| chat.clone()) else {
            return Err(self.cannot("takes messages and no prompts"));
        };
        self.chat(&chat, request, cancel, on_text)
    }

    /// A grammar is not sent: whoever reads the answer has to check it.
    fn chat(
        &mut self,
        chat: &ChatRequest,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        self.talk(chat, request, cancel, on_text).map(|completion| vec![completion])
    }

    fn score(&mut self, _: &str, _: &[String], _: &Cancel) -> Result<Vec<Score>, EngineError> {
        Err(self.cannot("tells no likelihoods"))
    }

    fn embed(&mut self, _: &[String], _: &Cancel) -> Result<Vec<Vec<f32>>, EngineError> {
        Err(EngineError::NotAnEmbedder(self.info.name.clone()))
    }

    fn usage(&self) -> Usage {
        self.usage
    }
}

//! Requests and answers of one conversation with a server, waited for as long as it is wanted.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use serde_json::Value;

use super::events::Events;
use super::http::Piece;
use super::{Remote, TOKEN_BYTES, body};
use crate::base::{Cancel, sanitize};
use crate::engine::{ChatRequest, Completion, EngineError, Finish, GenerateRequest, Usage};

/// How often a waiting request looks at its cancel token.
const POLL: Duration = Duration::from_millis(10);

impl Remote {
    pub(super) fn ask_models(&self, cancel: &Cancel) -> Result<Value, EngineError> {
        let pieces = self.http.get("/models");
        let mut all = Vec::new();
        let whole = self.listen(&pieces, cancel, &mut |bytes| {
            all.extend_from_slice(bytes);
            Ok(())
        })?;
        if !whole {
            return Err(EngineError::Cancelled);
        }
        let text = all.strip_prefix(b"data:").unwrap_or(&all);
        serde_json::from_slice(text).map_err(|_| {
            self.failed("it does not tell its models: is this the address of the interface?")
        })
    }

    /// Passes bytes on until the answer's end; false when cancelled before.
    fn listen(
        &self,
        pieces: &Receiver<Piece>,
        cancel: &Cancel,
        take: &mut dyn FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<bool, EngineError> {
        loop {
            if cancel.is_cancelled() {
                return Ok(false);
            }
            match pieces.recv_timeout(POLL) {
                Ok(Piece::Bytes(bytes)) => {
                    take(&bytes).map_err(|reason| self.failed(self.clean(&reason)))?;
                }
                Ok(Piece::Refused(status, why)) => return Err(self.failed(refused(status, &why))),
                Ok(Piece::Failed(why)) => return Err(self.failed(why)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(true),
            }
        }
    }

    /// What a server said, fit to be shown.
    fn clean(&self, text: &str) -> String {
        let text = match &self.options.key {
            Some(key) => key.hidden_in(text),
            None => text.to_owned(),
        };
        sanitize(&text).chars().take(300).collect()
    }

    fn answer(
        &mut self,
        body: &Value,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Completion, EngineError> {
        let began = Instant::now();
        let mut first: Option<Duration> = None;
        let (mut events, mut text, mut pieces) = (Events::default(), String::new(), 0);
        let mut show = |more: &str, text: &mut String| {
            if !more.is_empty() {
                first.get_or_insert_with(|| began.elapsed());
                pieces += 1;
                text.push_str(more);
                on_text(0, more);
            }
        };
        let channel = self.http.post("/chat/completions", body);
        let whole = self.listen(&channel, cancel, &mut |bytes| {
            let more = events.push(bytes)?;
            show(&more, &mut text);
            Ok(())
        })?;
        if whole {
            let rest = events.end().map_err(|reason| self.failed(self.clean(&reason)))?;
            show(&rest, &mut text);
        }
        let prefill = first.unwrap_or_else(|| began.elapsed());
        let (prompt, generated) =
            events.usage.unwrap_or((body["messages"].to_string().len() / TOKEN_BYTES, pieces));
        self.usage = Usage {
            prompt,
            generated,
            prefill,
            decode: began.elapsed().saturating_sub(prefill),
            calls: pieces,
            ..Usage::default()
        };
        let finish = match whole {
            true => events.finish.unwrap_or(Finish::Stop),
            false => Finish::Cancelled,
        };
        Ok(Completion { text, logprobs: Vec::new(), finish, votes: 1 })
    }

    /// Answers a conversation.
    pub(super) fn talk(
        &mut self,
        chat: &ChatRequest,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Completion, EngineError> {
        let mut body = body::request(&self.info.name, chat, request)?;
        match self.answer(&body, cancel, on_text) {
            // Some servers refuse what they do not know, before they say anything.
            Err(EngineError::Remote { reason, .. })
                if reason.starts_with('4') && reason.contains("stream_options") =>
            {
                if let Some(body) = body.as_object_mut() {
                    body.remove("stream_options");
                }
                self.answer(&body, cancel, on_text)
            }
            answer => answer,
        }
    }
}

/// A refusal with what to do about it; begins with the status.
fn refused(status: u16, why: &str) -> String {
    let meaning = match status {
        300..=399 => "redirects are not followed: name the address it has now",
        401 | 403 => "it wants another key: put it into the variable SLM_API_KEY",
        404 => "not found: is the address right (it mostly ends in /v1), and the model's name?",
        413 => "the conversation is too long for it",
        429 => "too many requests, or nothing left to spend: wait, or look at the account",
        400..=499 => "it does not take the request",
        _ => "it has an error of its own: try again, or look at its log",
    };
    if why.is_empty() {
        format!("{status} {meaning}")
    } else {
        format!("{status} {meaning}: {why}")
    }
}

//! What llama.cpp says, sent to the client and kept for error messages.
//!
//! llama.cpp logs through `tracing` on the thread that calls it. A subscriber for that thread
//! alone turns its events into frames; the client gives them to the user's own `tracing`.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::engine::wire::Level;

const KEPT: usize = 8;

/// Where messages go.
pub(super) type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

/// A layer that hands on messages of llama.cpp and remembers its latest errors.
pub(super) struct Forward {
    sink: Sink,
    errors: Errors,
    verbose: bool,
}

/// The latest error messages of llama.cpp.
#[derive(Clone, Debug, Default)]
pub(super) struct Errors(Arc<Mutex<VecDeque<String>>>);

impl Errors {
    /// Forgets what was said before.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The first error since the last `clear`: the cause; those after it are consequences.
    pub(super) fn cause(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).front().cloned()
    }

    fn push(&self, message: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push_back(message.to_owned());
        }
    }
}

impl Forward {
    pub(super) fn new(sink: Sink, errors: Errors, verbose: bool) -> Self {
        Self { sink, errors, verbose }
    }
}

impl<S: Subscriber> Layer<S> for Forward {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let most = if self.verbose { tracing::Level::INFO } else { tracing::Level::WARN };
        *metadata.level() <= most
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let message = text.0.trim();
        if message.is_empty() {
            return;
        }
        let level = match *event.metadata().level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            _ => Level::Debug,
        };
        if level == Level::Error {
            self.errors.push(message);
        }
        (self.sink)(level, message);
    }
}

struct Text(String);

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0.push_str(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a String cannot fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

//! `[cascade]` and `[endpoint]`: which generator of candidates comes when, and what may leave the machine.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Longest wait that a rule may ask for, in seconds.
const LONGEST: f64 = 86_400.0;

/// A generator of candidates, by its name in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    Rules,
    Search,
    Ranking,
    Model,
    Endpoint,
}

/// A language of slm's, by its name in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LanguageName {
    Python,
    Rust,
    JavaScript,
    TypeScript,
    Go,
}

/// `[cascade]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cascade {
    /// The generators in the order in which they come; those that are not named are not used.
    pub order: Option<Vec<StageName>>,
    /// Generators that are not used.
    pub never: Vec<StageName>,
    /// What `slm eval calibrate` has written; unset: what ships.
    pub calibration: Option<PathBuf>,
    /// When the local model writes.
    pub model: Escalation,
    /// When the endpoint is asked.
    pub endpoint: Escalation,
}

/// When a generator that takes long is asked: as soon as one of the conditions holds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Escalation {
    /// So long after the search began: `"5 s"`, `"500 ms"`, `"2 min"`, or a number of seconds.
    #[serde(deserialize_with = "duration")]
    pub after: Option<Duration>,
    /// So many candidates have been checked, at least 1.
    pub candidates: Option<usize>,
    /// The chance that what waits holds the repair is below this, from 0 to 1.
    pub below: Option<f32>,
    /// Only for failures of these languages.
    pub only: Vec<LanguageName>,
}

/// `[endpoint]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Endpoint {
    /// The address of a server that speaks OpenAI's interface.
    pub url: Option<String>,
    /// The name of a model there.
    pub model: Option<String>,
    /// Commands that may use it without being told so with `--endpoint`.
    pub r#use: Vec<EndpointUse>,
    /// Whether to ask before anything is sent; unset: yes.
    pub ask: Option<bool>,
    /// Allow another machine without encryption.
    pub insecure: bool,
    /// Context of the model there, in tokens.
    pub context: Option<u32>,
}

/// A command that may use the endpoint of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointUse {
    Fix,
}

impl Cascade {
    /// What is wrong with it, in words that name the key.
    pub(super) fn problem(&self) -> Option<String> {
        let twice = |list: &[StageName]| {
            list.iter().enumerate().any(|(index, stage)| list[..index].contains(stage))
        };
        if self.order.as_deref().is_some_and(<[_]>::is_empty) {
            return Some("cascade.order must name at least one generator".to_owned());
        }
        if self.order.as_deref().is_some_and(twice) || twice(&self.never) {
            return Some("cascade.order and cascade.never name a generator once".to_owned());
        }
        let named = |stage| self.order.as_deref().is_some_and(|list| list.contains(stage));
        if let Some(stage) = self.never.iter().find(|stage| named(stage)) {
            let stage = format!("{stage:?}").to_lowercase();
            return Some(format!("cascade.order has {stage}, and cascade.never forbids it"));
        }
        let both = [("model", &self.model), ("endpoint", &self.endpoint)];
        both.into_iter().find_map(|(name, escalation)| {
            escalation.problem().map(|problem| format!("cascade.{name}.{problem}"))
        })
    }
}

impl Escalation {
    fn problem(&self) -> Option<&'static str> {
        if self.candidates == Some(0) {
            return Some("candidates must be at least 1");
        }
        let is_chance = |chance: f32| (0.0..=1.0).contains(&chance);
        if self.below.is_some_and(|chance| !is_chance(chance)) {
            return Some("below must be a chance from 0 to 1");
        }
        None
    }
}

impl Endpoint {
    /// What is wrong with it, in words that name the key.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if self.url.as_deref().is_some_and(|url| url.trim().is_empty()) {
            return Some("endpoint.url is empty");
        }
        if self.url.is_none() && !self.r#use.is_empty() {
            return Some("endpoint.use needs endpoint.url: the address it is about");
        }
        if self.context.is_some_and(|tokens| tokens < 512) {
            return Some("endpoint.context must be at least 512 tokens");
        }
        None
    }
}

/// A time as people write it.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Words(String),
        Whole(i64),
        Seconds(f64),
    }
    let written = Written::deserialize(deserializer)
        .map_err(|_| serde::de::Error::custom("must be a time such as \"5 s\""))?;
    let seconds = match &written {
        Written::Words(text) => seconds(text),
        Written::Whole(number) => i32::try_from(*number).ok().map(f64::from),
        Written::Seconds(number) => Some(*number),
    };
    let seconds = seconds.filter(|seconds| (0.0..=LONGEST).contains(seconds)).ok_or_else(|| {
        serde::de::Error::custom("must be a time such as \"5 s\", \"500 ms\" or \"2 min\"")
    })?;
    Ok(Some(Duration::from_secs_f64(seconds)))
}

fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let factor = match &text[split..] {
        "s" => 1.0,
        "ms" => 0.001,
        "min" => 60.0,
        _ => return None,
    };
    text[..split].trim().parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, ConfigError, parse};

    fn parsed(text: &str) -> Result<Config, ConfigError> {
        parse(text, Path::new("/home/dev/.config/slm/config.toml"))
    }

    #[test]
    fn reads_all_keys() {
        let config = parsed(
            "[cascade]\norder = [\"rules\", \"search\", \"model\", \"endpoint\"]\n\
             never = [\"ranking\"]\ncalibration = \"/c.toml\"\nmodel.after = \"5 s\"\n\
             model.candidates = 200\nendpoint.below = 0.4\nendpoint.only = [\"python\"]\n\
             [endpoint]\nurl = \"https://llm.corp\"\nmodel = \"m\"\nuse = [\"fix\"]\nask = false\n",
        )
        .unwrap();
        let Cascade { order, never, model, endpoint, .. } = &config.cascade;
        assert_eq!(order.as_ref().unwrap()[2], StageName::Model);
        assert_eq!(never, &[StageName::Ranking]);
        assert_eq!((model.after, model.candidates), (Some(Duration::from_secs(5)), Some(200)));
        assert_eq!((endpoint.below, &endpoint.only[..]), (Some(0.4), &[LanguageName::Python][..]));
        assert_eq!(config.endpoint.r#use, [EndpointUse::Fix]);
        assert_eq!(config.endpoint.ask, Some(false));
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        for (text, wanted) in
            [("\"500 ms\"", 500), ("\"2min\"", 120_000), ("3", 3000), ("0.25", 250), ("\"0 s\"", 0)]
        {
            let config = parsed(&format!("[cascade]\nmodel.after = {text}\n")).unwrap();
            assert_eq!(config.cascade.model.after, Some(Duration::from_millis(wanted)), "{text}");
        }
        for bad in ["\"soon\"", "-1", "\"5\"", "\"5 h\"", "nan", "1e9", "true", "\"-1 s\""] {
            let error = parsed(&format!("[cascade]\nmodel.after = {bad}\n")).unwrap_err();
            assert!(format!("{error}").contains("5 s"), "{bad}: {error}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, word) in [
            ("[cascade]\norder = []\n", "at least one"),
            ("[cascade]\norder = [\"rules\", \"rules\"]\n", "once"),
            ("[cascade]\norder = [\"rules\", \"magic\"]\n", "magic"),
            ("[cascade]\norder = [\"model\"]\nnever = [\"model\"]\n", "never forbids"),
            ("[cascade]\nmodel.below = 1.5\n", "cascade.model.below"),
            ("[cascade]\nendpoint.below = nan\n", "cascade.endpoint.below"),
            ("[cascade]\nendpoint.candidates = 0\n", "at least 1"),
            ("[cascade]\nendpoint.only = [\"cobol\"]\n", "cobol"),
            ("[cascade]\nrules.after = 3\n", "rules"),
            ("[endpoint]\nuse = [\"fix\"]\n", "endpoint.url"),
            ("[endpoint]\nurl = \" \"\n", "empty"),
            ("[endpoint]\nuse = [\"chat\"]\nurl = \"https://a.b\"\n", "chat"),
            ("[endpoint]\nkey = \"k\"\n", "key"),
            ("[endpoint]\ncontext = 1\n", "512"),
        ] {
            let message = parsed(text).unwrap_err().to_string();
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}

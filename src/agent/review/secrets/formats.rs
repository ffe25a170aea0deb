//! The formats that issuers of keys have published, or that their keys have.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::entropy;
use crate::base::Span;

/// One format.
#[derive(Debug)]
pub(super) struct Format {
    pub(super) name: &'static str,
    /// The secret is the group `s`, or all of it.
    pattern: &'static str,
    pub(super) certainty: Certainty,
    check: Check,
}

/// How much a match says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    Sure,
    /// The shape is shared by things that are no secret.
    Likely,
    /// Often meant to be public: keys that a web page carries.
    Public,
}

/// What a match has to pass besides.
#[derive(Clone, Copy, Debug)]
enum Check {
    Random,
    /// The header of a JSON Web Token says how it is signed.
    Jwt,
    /// The last six characters are a checksum of the others.
    GitHub,
}

/// A match.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) format: &'static Format,
    pub(super) span: Span,
    /// It has a checksum, and that is wrong: nobody has issued it.
    pub(super) is_made_up: bool,
}

macro_rules! formats {
    ($($name:literal, $certainty:ident, $check:ident, $pattern:literal;)*) => {
        const FORMATS: &[Format] = &[$(Format {
            name: $name, pattern: $pattern, certainty: Certainty::$certainty, check: Check::$check,
        },)*];
    };
}

formats! {
    "an AWS access key", Sure, Random, r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b";
    "an AWS secret key", Sure, Random, r#"(?i)aws.{0,20}(?:secret|sk).{0,20}?[=:>,\s]["']?(?P<s>[A-Za-z0-9/+]{40})(?:["'\s]|$)"#;
    "a GitHub token", Sure, GitHub, r"\bgh[pousr]_[A-Za-z0-9]{36,251}\b";
    "a GitHub token", Sure, Random, r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b";
    "a GitLab token", Sure, Random, r"\bgl(?:pat|dt|rt|ptt|ft|soat|agent|cbt|imt)-[A-Za-z0-9_-]{20,60}";
    "a Slack token", Sure, Random, r"\bxox[abeoprs]-(?:\d-)?[A-Za-z0-9]{8,}-[A-Za-z0-9-]{10,}";
    "a Slack app token", Sure, Random, r"\bxapp-\d-[A-Z0-9]{8,}-\d{8,}-[a-f0-9]{40,}";
    "a Slack webhook", Sure, Random, r"hooks\.slack\.com/(?:services|workflows)/(?P<s>T[A-Z0-9]{8,}/[AB][A-Z0-9]{8,}/[A-Za-z0-9]{20,})";
    "a Stripe live key", Sure, Random, r"\b[sr]k_live_[A-Za-z0-9]{20,}";
    "a Stripe webhook secret", Sure, Random, r"\bwhsec_[A-Za-z0-9]{32,}";
    "a Google API key", Likely, Random, r"\bAIza[A-Za-z0-9_-]{35}(?:[^A-Za-z0-9_-]|$)";
    "a Google OAuth secret", Sure, Random, r"\bGOCSPX-[A-Za-z0-9_-]{28}";
    "a Google OAuth token", Likely, Random, r"\bya29\.[A-Za-z0-9_-]{60,}";
    "an OpenAI key", Sure, Random, r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}";
    "an API key", Sure, Random, r"\bsk-[A-Za-z0-9]{48}\b";
    "an Anthropic key", Sure, Random, r"\bsk-ant-(?:api|admin|oat)\d\d-[A-Za-z0-9_-]{80,}";
    "an OpenRouter key", Sure, Random, r"\bsk-or-v1-[a-f0-9]{64}\b";
    "a Hugging Face token", Sure, Random, r"\bhf_[A-Za-z]{34}\b";
    "a Groq key", Sure, Random, r"\bgsk_[A-Za-z0-9]{52}\b";
    "an npm token", Sure, Random, r"\bnpm_[A-Za-z0-9]{36}\b";
    "an npm token", Sure, Random, r"_authToken\s*=\s*(?P<s>[A-Za-z0-9+/=_-]{32,})";
    "a PyPI token", Sure, Random, r"\bpypi-AgE[A-Za-z0-9_-]{60,}";
    "a token of the Rust registry", Sure, Random, r"\bcio[A-Za-z0-9]{32}\b";
    "a RubyGems token", Sure, Random, r"\brubygems_[a-f0-9]{48}\b";
    "a Docker token", Sure, Random, r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}";
    "a SendGrid key", Sure, Random, r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b";
    "a Mailgun key", Likely, Random, r"\bkey-[a-f0-9]{32}\b";
    "a Mailchimp key", Likely, Random, r"\b[a-f0-9]{32}-us\d{1,2}\b";
    "a Twilio key", Likely, Random, r"\bSK[a-f0-9]{32}\b";
    "a DigitalOcean token", Sure, Random, r"\bdo[opr]_v1_[a-f0-9]{64}\b";
    "a Shopify token", Sure, Random, r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b";
    "a Square token", Sure, Random, r"\bsq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}";
    "a Telegram bot token", Likely, Random, r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b";
    "a Discord token", Likely, Random, r"\b[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}\b";
    "a Discord webhook", Sure, Random, r"discord(?:app)?\.com/api/webhooks/\d{17,20}/(?P<s>[A-Za-z0-9_-]{60,})";
    "an Azure storage key", Sure, Random, r"AccountKey=(?P<s>[A-Za-z0-9+/]{86}==)";
    "a Vault token", Sure, Random, r"\bhv[sb]\.[A-Za-z0-9_-]{24,}";
    "an age key", Sure, Random, r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b";
    "a Databricks token", Sure, Random, r"\bdapi[a-f0-9]{32}\b";
    "a Grafana token", Sure, Random, r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b";
    "a New Relic key", Sure, Random, r"\bNRAK-[A-Z0-9]{27}\b";
    "a Postman key", Sure, Random, r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b";
    "a Linear key", Sure, Random, r"\blin_api_[A-Za-z0-9]{40}\b";
    "a Notion token", Sure, Random, r"\b(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})\b";
    "a Figma token", Sure, Random, r"\bfigd_[A-Za-z0-9_-]{40,}";
    "a PlanetScale password", Sure, Random, r"\bpscale_(?:pw|tkn|oauth)_[A-Za-z0-9_.-]{32,}";
    "a Supabase key", Sure, Random, r"\bsb_secret_[A-Za-z0-9_-]{20,}";
    "a Doppler token", Sure, Random, r"\bdp\.(?:pt|st|ct|sa)\.[A-Za-z0-9]{40,}";
    "a JSON Web Token", Likely, Jwt, r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}";
    "a Stripe test key", Public, Random, r"\b[sr]k_test_[A-Za-z0-9]{20,}";
}

struct Compiled {
    set: RegexSet,
    each: Vec<Regex>,
}

/// Made once; a pattern that is no regular expression is a failing test, not a crash.
static COMPILED: LazyLock<Option<Compiled>> = LazyLock::new(|| {
    let patterns = FORMATS.iter().map(|format| format.pattern);
    let each = patterns.clone().map(Regex::new).collect::<Result<_, _>>().ok()?;
    Some(Compiled { set: RegexSet::new(patterns).ok()?, each })
});

/// The secrets of one line, without those that only stand for one.
pub(super) fn find(line: &str) -> Vec<Found> {
    let Some(compiled) = COMPILED.as_ref() else { return Vec::new() };
    let mut out: Vec<Found> = Vec::new();
    for at in compiled.set.matches(line) {
        let format = &FORMATS[at];
        for captures in compiled.each[at].captures_iter(line) {
            let Some(whole) = captures.name("s").or_else(|| captures.get(0)) else { continue };
            let text = whole
                .as_str()
                .trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && !"-_=".contains(c));
            let span = Span::new(whole.start(), whole.start() + text.len());
            let taken = out.iter().any(|f| f.span.start < span.end && span.start < f.span.end);
            if !taken && passes(format, text) {
                let is_made_up = matches!(format.check, Check::GitHub) && !is_issued(text);
                out.push(Found { format, span, is_made_up });
            }
        }
    }
    out
}

fn passes(format: &Format, text: &str) -> bool {
    match format.check {
        Check::Random | Check::GitHub => {
            // The words that an issuer puts in front are no part of the randomness.
            let tail = text.rsplit(['_', '-', '.', '/']).next().unwrap_or(text);
            let random = if tail.len() >= 12 { tail } else { text };
            !entropy::is_placeholder(random) && entropy::bits(random) >= 2.9
        }
        Check::Jwt => {
            let mut parts = text.split('.');
            let header = parts.next().and_then(base64url).unwrap_or_default();
            let payload = parts.next().and_then(base64url).unwrap_or_default();
            // The sample of the standard's site, and keys that name their public role.
            let known = ["John Doe", "1234567890", "\"anon\"", "example"];
            header.contains("\"alg\"")
                && payload.starts_with('{')
                && !known.iter().any(|k| payload.contains(k))
        }
    }
}

/// GitHub: of 36 characters the last six are the CRC-32 of the others to the base 62. Longer tokens are of
/// another kind, and say nothing.
fn is_issued(token: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((_, tail)) = token.split_once('_').filter(|(_, tail)| tail.len() == 36) else {
        return true;
    };
    let (body, checksum) = tail.split_at(30);
    let mut rest = crc32(body.as_bytes());
    let mut expected = [b'0'; 6];
    for digit in expected.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    checksum.as_bytes() == expected
}

/// The checksum of ISO 3309, as in ZIP files.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// RFC 4648, section 5, without padding; `None` when it is none or no text.
fn base64url(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for format in FORMATS {
            Regex::new(format.pattern).unwrap();
        }
        assert!(COMPILED.is_some());
    }

    #[test]
    fn checksums() {
        // The check value of the standard.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
        let letters = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";
        assert!(is_issued(&format!("gh{}_{letters}0mLq17", 'p')), "one that was revoked long ago");
        assert!(!is_issued(&format!("gh{}_{letters}0mLq18", 'p')));
        assert!(is_issued(&format!("gh{}_{letters}{letters}", 's')), "has no checksum");
    }

    #[test]
    fn decodes() {
        assert_eq!(base64url("eyJhIjoxfQ").as_deref(), Some("{\"a\":1}"));
        assert_eq!(base64url("a+b"), None);
    }
}

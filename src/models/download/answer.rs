//! What the beginning of an answer means for a file that is being fetched: decided from the numbers alone.

use std::time::Duration;

/// The beginning of an answer, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub(super) status: u16,
    /// `Content-Length`.
    pub(super) length: Option<u64>,
    /// The answer says itself where it ends, piece by piece.
    pub(super) chunked: bool,
    /// `Content-Encoding`.
    pub(super) encoding: Option<String>,
    /// `Content-Range`.
    pub(super) range: Option<String>,
    /// `Content-Type`.
    pub(super) kind: Option<String>,
    pub(super) etag: Option<String>,
    /// `Last-Modified`.
    pub(super) modified: Option<String>,
    /// `Retry-After`.
    pub(super) retry_after: Option<String>,
    /// `Location`.
    pub(super) location: Option<String>,
}

/// What to do with the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The file from its first byte, with its size if that was said.
    Whole { size: Option<u64> },
    /// The bytes that were asked for, up to `end` (not included), of a file of `total` bytes.
    Rest { end: u64, total: Option<u64> },
    /// It is somewhere else.
    Elsewhere(String),
    /// There is nothing from there on; the size of the whole, if that was said.
    Beyond { total: Option<u64> },
    /// Not now; perhaps after this time.
    Later { why: String, wait: Option<Duration> },
    /// Never.
    No(String),
}

impl Head {
    /// Reads the answer to a request for the bytes from `from` on (0: no range was asked for).
    pub(super) fn answer(&self, from: u64) -> Answer {
        match self.status {
            200 | 206 if !self.is_plain() => {
                let coding = self.encoding.clone().unwrap_or_default();
                Answer::No(format!("it sends the file compressed ({coding}), unasked"))
            }
            200 => Answer::Whole { size: self.length },
            206 if from > 0 => self.rest(from),
            301 | 302 | 303 | 307 | 308 => match &self.location {
                Some(location) => Answer::Elsewhere(location.clone()),
                None => Answer::No("it sends on, and does not say where to".to_owned()),
            },
            416 if from > 0 => {
                let total = self.range.as_deref().and_then(|range| range.strip_prefix("bytes */"));
                Answer::Beyond { total: total.and_then(number) }
            }
            408 | 425 | 429 | 500 | 502 | 503 | 504 => {
                let wait = self.retry_after.as_deref().and_then(number).map(Duration::from_secs);
                Answer::Later { why: self.words(), wait }
            }
            _ => Answer::No(self.words()),
        }
    }

    fn is_plain(&self) -> bool {
        self.encoding.as_deref().is_none_or(|coding| {
            coding.trim().is_empty() || coding.trim().eq_ignore_ascii_case("identity")
        })
    }

    fn rest(&self, from: u64) -> Answer {
        let lies = |what: &str| Answer::No(format!("it answers a request for a part with {what}"));
        if self.kind.as_deref().is_some_and(|kind| kind.trim_start().starts_with("multipart/")) {
            return lies("several parts");
        }
        let Some((start, last, total)) = self.range.as_deref().and_then(content_range) else {
            return lies("one of unknown place");
        };
        let size = last.checked_sub(start).and_then(|size| size.checked_add(1));
        let (Some(size), Some(end)) = (size, last.checked_add(1)) else {
            return lies("one that ends before it begins");
        };
        if start != from {
            return lies(&format!("one that begins at byte {start} instead of {from}"));
        }
        if total.is_some_and(|total| end > total) {
            return lies("one that ends after the end of the file");
        }
        if self.length.is_some_and(|length| length != size) {
            return lies("one of another length than it says");
        }
        Answer::Rest { end, total }
    }

    /// The status in words.
    fn words(&self) -> String {
        let reason = match self.status {
            401 | 407 => "it wants a login",
            403 => "it forbids it, or wants a login",
            404 | 410 => "it has no such file",
            408 => "it ran out of patience",
            429 => "too many have asked",
            500..=599 => "it has a fault of its own",
            _ => "it answers with something else",
        };
        format!("{reason} (status {})", self.status)
    }
}

/// `bytes 5-9/10` or `bytes 5-9/*`: first, last, size of the whole.
fn content_range(text: &str) -> Option<(u64, u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let total = if total == "*" { None } else { Some(number(total)?) };
    Some((number(first)?, number(last)?, total))
}

/// Digits only: no sign.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(status: u16) -> Head {
        Head { status, ..Head::default() }
    }

    fn ranged(range: &str, length: Option<u64>) -> Answer {
        Head { range: Some(range.to_owned()), length, ..head(206) }.answer(5)
    }

    #[test]
    fn the_usual_answers() {
        let whole = Head { length: Some(10), ..head(200) };
        assert_eq!(whole.answer(0), Answer::Whole { size: Some(10) });
        assert_eq!(whole.answer(5), Answer::Whole { size: Some(10) });
        assert_eq!(ranged("bytes 5-9/10", Some(5)), Answer::Rest { end: 10, total: Some(10) });
        assert_eq!(ranged("bytes 5-7/10", None), Answer::Rest { end: 8, total: Some(10) });
        assert_eq!(ranged("bytes 5-9/*", Some(5)), Answer::Rest { end: 10, total: None });
        let beyond = Head { range: Some("bytes */5".to_owned()), ..head(416) };
        assert_eq!(beyond.answer(5), Answer::Beyond { total: Some(5) });
        assert_eq!(head(416).answer(5), Answer::Beyond { total: None });
        let away = Head { location: Some("/x".to_owned()), ..head(302) };
        assert_eq!(away.answer(0), Answer::Elsewhere("/x".to_owned()));
    }

    #[test]
    fn a_part_that_was_not_asked_for_is_refused() {
        for (range, length) in [
            ("bytes 4-9/10", None),
            ("bytes 0-9/10", None),
            ("bytes 5-4/10", None),
            ("bytes 5-10/10", None),
            ("bytes 5-9/10", Some(6)),
            ("bytes 5-9", None),
            ("bytes 5-+9/10", None),
            ("bytes -5/10", None),
            ("items 5-9/10", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes 5-18446744073709551615/*", None),
            ("bytes 5-99999999999999999999/*", None),
            ("", None),
        ] {
            assert!(matches!(ranged(range, length), Answer::No(_)), "{range}");
        }
        let several = Head {
            kind: Some("multipart/byteranges; boundary=x".to_owned()),
            range: Some("bytes 5-9/10".to_owned()),
            ..head(206)
        };
        assert!(matches!(several.answer(5), Answer::No(_)));
        // Nothing was asked for but all of it.
        assert!(matches!(ranged("bytes 5-9/10", None), Answer::Rest { .. }));
        for status in [206, 416, 204, 304, 100] {
            assert!(matches!(head(status).answer(0), Answer::No(_)), "{status}");
        }
    }

    #[test]
    fn what_may_pass_is_waited_for_and_the_rest_is_not() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(head(status).answer(0), Answer::Later { wait: None, .. }), "{status}");
        }
        let busy = Head { retry_after: Some("7".to_owned()), ..head(429) };
        let Answer::Later { wait, why } = busy.answer(0) else { panic!() };
        assert_eq!((wait, why.contains("429")), (Some(Duration::from_secs(7)), true));
        let dated = Head { retry_after: Some("Fri, 31 Dec".to_owned()), ..head(503) };
        assert!(matches!(dated.answer(0), Answer::Later { wait: None, .. }));
        for status in [400, 401, 403, 404, 405, 410, 451, 501, 505] {
            assert!(matches!(head(status).answer(0), Answer::No(_)), "{status}");
        }
        assert!(matches!(head(302).answer(0), Answer::No(_)));
    }

    #[test]
    fn a_compressed_file_is_another_file() {
        for (coding, is_refused) in [("gzip", true), ("br", true), ("identity", false), ("", false)]
        {
            let head = Head { encoding: Some(coding.to_owned()), ..head(200) };
            assert_eq!(matches!(head.answer(0), Answer::No(_)), is_refused, "{coding}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_brings_it_down(
            status in 100_u16..600,
            range in "(bytes )?[0-9*/ -]{0,45}",
            length: Option<u64>,
            from: u64,
        ) {
            let head = Head { range: Some(range), length, ..head(status) };
            if let Answer::Rest { end, total } = head.answer(from) {
                prop_assert!(end > from && total.is_none_or(|total| end <= total));
            }
        }
    }
}

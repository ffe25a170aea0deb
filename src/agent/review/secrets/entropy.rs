//! How random a text is, and what only looks random.

/// Shannon entropy of the characters, in bits each.
pub(super) fn bits(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    let bytes: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    for byte in &bytes {
        counts[usize::from(*byte)] += 1;
    }
    let total = f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX).max(1));
    let part = |count: &u32| {
        let p = f64::from(*count) / total;
        -p * p.log2()
    };
    counts.iter().filter(|count| **count > 0).map(part).sum()
}

/// True for what a generator of keys could have made: long, of few kinds of characters, without words.
pub(super) fn is_random(text: &str) -> bool {
    let length = text.len();
    if !(16..=200).contains(&length) || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    if digits < 3 || letters < 4 || digits + letters < length * 4 / 5 {
        return false;
    }
    let hex = text.bytes().all(|b| b.is_ascii_hexdigit());
    // Sixteen different digits have 4 bits at most; a short text cannot show more than log2 of its length.
    let least = if hex { 3.0 } else { 3.6_f64.min((length as f64).log2() - 0.6) };
    bits(text) >= least && !is_uuid(text) && !has_words(text)
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12])
}

/// Identifiers, paths and sentences are made of words: runs of letters of one case with vowels.
fn has_words(text: &str) -> bool {
    let runs = text.split(|c: char| !c.is_ascii_lowercase());
    let vowels = |run: &str| run.bytes().filter(|b| b"aeiouy".contains(b)).count();
    let worded: usize =
        runs.filter(|run| run.len() >= 4 && vowels(run) * 4 >= run.len()).map(str::len).sum();
    let upper = text.split(|c: char| !c.is_ascii_uppercase()).filter(|run| run.len() >= 6);
    let upper: usize = upper.map(str::len).sum();
    worded * 3 > text.len() || upper * 2 > text.len() || (worded + upper) * 2 > text.len()
}

/// True for what stands for a secret without being one.
pub(super) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    const WORDS: &[&str] = &[
        "example",
        "placeholder",
        "changeme",
        "change_me",
        "your",
        "xxxx",
        "****",
        "....",
        "dummy",
        "fake",
        "sample",
        "redacted",
        "insert",
        "replace",
        "test",
        "foobar",
        "abcdef",
        "123456",
        "fedcba",
        "654321",
        "qwerty",
        "notreal",
        "deadbeef",
        "todo",
        "<",
        ">",
        "${",
        "{{",
        "$(",
        "lorem",
        "0000000",
        "aaaaaa",
        "development",
        "secret",
        "password",
        "mock",
        "demo",
        "none",
        "null",
        "undefined",
        "1234abcd",
        "notasecret",
        "invalid",
    ];
    WORDS.iter().any(|word| lower.contains(word)) || distinct(&lower) < 7 || is_sequence(&lower)
}

fn distinct(text: &str) -> usize {
    let mut bytes: Vec<u8> = text.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

/// Half of it counts up or down.
fn is_sequence(text: &str) -> bool {
    let bytes = text.as_bytes();
    let steps = bytes.windows(2).filter(|w| w[0].abs_diff(w[1]) == 1 || w[0] == w[1]).count();
    steps * 2 > bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_or_not() {
        let random = ["q7Zk2", "Vn8sPx4", "Lw9eRt6Ba"].concat();
        assert!(is_random(&random), "{}", bits(&random));
        for plain in [
            "settings.DEFAULT_TIMEOUT_1234",
            "my-service-account-2024-01",
            "123e4567-e89b-12d3-a456-426614174000",
            "/usr/lib/python3.11/site-packages",
            "aaaaaaaaaaaaaaaa1111",
            "short1a",
            "AUTHENTICATION_TOKEN_HEADER_2",
        ] {
            assert!(!is_random(plain), "{plain}");
        }
    }

    #[test]
    fn placeholders() {
        assert!(is_placeholder("your-api-key-here") && is_placeholder("AKIAIOSFODNN7EXAMPLE"));
        assert!(is_placeholder("0123456789abcdef") && is_placeholder("xxxxxxxxxxxxxxxx"));
        assert!(!is_placeholder(&["q7Zk2", "Vn8sPx4", "Lw9eRt6Ba"].concat()));
    }
}

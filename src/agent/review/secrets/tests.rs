//! Every secret in here is put together when the test runs, so that no scanner finds one in this file.

use super::*;
use crate::agent::review::testing::{found, rules_of};
use crate::agent::review::{Finding, Severity};

/// Letters and digits without a pattern, the same at each run.
fn noise(length: usize, alphabet: &str) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = 0x2545_f491_u64;
    let next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        letters[usize::try_from(state >> 40).unwrap() % letters.len()]
    };
    (0..length).map(next).collect()
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn secrets() -> Vec<String> {
    let n = |length| noise(length, ALNUM);
    vec![
        ["AK", "IA", &noise(16, BASE32)].concat(),
        ["aws_secret_access_key = ", &n(40)].concat(),
        github(&n(30)),
        ["github", "_pat_", &n(22), "_", &n(59)].concat(),
        ["gl", "pat-", &n(20)].concat(),
        ["xo", "xb-", &noise(12, "0123456789"), "-", &n(24)].concat(),
        [
            "https://hooks.sl",
            "ack.com/services/T",
            &noise(9, BASE32),
            "/B",
            &noise(9, BASE32),
            "/",
            &n(24),
        ]
        .concat(),
        ["sk", "_live_", &n(24)].concat(),
        ["GOC", "SPX-", &n(28)].concat(),
        ["sk-", &n(20), "T3Blbk", "FJ", &n(20)].concat(),
        ["sk-", "ant-api03-", &n(90)].concat(),
        ["hf", "_", &noise(34, &ALNUM[..52])].concat(),
        ["np", "m_", &n(36)].concat(),
        ["py", "pi-AgE", &n(80)].concat(),
        ["dck", "r_pat_", &n(27)].concat(),
        ["SG", ".", &n(22), ".", &n(43)].concat(),
        ["do", "p_v1_", &noise(64, HEX)].concat(),
        ["Account", "Key=", &n(86), "=="].concat(),
    ]
}

/// A token as it is issued: with its checksum.
fn github(body: &str) -> String {
    let digits: Vec<char> =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".chars().collect();
    let mut rest = formats::crc32(body.as_bytes());
    let mut checksum = Vec::new();
    for _ in 0..6 {
        checksum.insert(0, digits[(rest % 62) as usize]);
        rest /= 62;
    }
    ["gh", "p_", body, &checksum.into_iter().collect::<String>()].concat()
}

#[test]
fn a_token_with_a_wrong_checksum_was_never_issued() {
    let finding = only(&format!("KEY = '{}'\n", ["gh", "p_", &noise(36, ALNUM)].concat()));
    assert_eq!((finding.rule.id, finding.severity), ("secret", Severity::Informs));
    assert!(finding.message.contains("checksum"));
    let issued = only(&format!("KEY = '{}'\n", github(&noise(30, ALNUM))));
    assert_eq!(issued.severity, Severity::Blocks);
}

fn only(after: &str) -> Finding {
    let mut all = found("src/config.py", "", after);
    assert_eq!(all.len(), 1, "{after}: {all:#?}");
    all.remove(0)
}

#[test]
fn known_formats_stop_the_commit_and_are_never_shown() {
    for secret in secrets() {
        let finding = only(&format!("KEY = '{secret}'\n"));
        assert_eq!((finding.rule.id, finding.severity), ("secret", Severity::Blocks), "{secret}");
        let tail: String =
            secret.chars().rev().take(10).collect::<Vec<_>>().into_iter().rev().collect();
        assert!(!format!("{finding:?}").contains(&tail), "{finding:?}");
        assert!(finding.evidence.contains("characters)"), "{}", finding.evidence);
        assert_eq!(rules_of("tests/a.py", "", &format!("KEY = '{secret}'\n")).len(), 1);
        assert_eq!(
            rules_of("src/a.py", "", &format!("KEY = '{secret}'  # slm:allow-secret\n")),
            [""; 0]
        );
    }
}

#[test]
fn a_moved_secret_is_nothing_new() {
    let line = format!("KEY = '{}'\n", secrets()[2]);
    assert_eq!(rules_of("src/a.py", &line, &format!("A = 1\n\n{line}")), [""; 0]);
}

#[test]
fn placeholders_and_hashes() {
    for line in [
        "KEY = 'AKIAIOSFODNN7EXAMPLE'".to_owned(),
        format!("KEY = 'ghp_{}'", "x".repeat(36)),
        format!("api_key = 'your-{}'", noise(20, ALNUM)),
        format!("sha256 = '{}'", noise(64, HEX)),
        "token = '123e4567-e89b-12d3-a456-426614174000'".to_owned(),
        "password = len('some_key_2024_of_users')".to_owned(),
        "secret_key_header = 'X-Secret-Key-Header-Name-1'".to_owned(),
    ] {
        assert_eq!(rules_of("src/a.py", "", &format!("{line}\n")), [""; 0], "{line}");
    }
    let locked = format!("\"integrity\": \"sha512-{}\"\n", noise(86, ALNUM));
    assert_eq!(rules_of("package-lock.json", "", &locked), [""; 0]);
}

#[test]
fn what_is_named_like_a_secret() {
    let finding = only(&format!("API_KEY = '{}'\n", noise(32, ALNUM)));
    assert_eq!((finding.rule.id, finding.severity), ("possible-secret", Severity::Warns));
    let env = format!("STRIPE_SECRET={}\n", noise(32, ALNUM));
    assert_eq!(rules_of(".env", "", &env), ["possible-secret"]);
    assert_eq!(rules_of("tests/a.py", "", &format!("API_KEY = '{}'\n", noise(32, ALNUM))), [""; 0]);
}

#[test]
fn keys() {
    let body: String = (0..8).map(|_| noise(64, ALNUM) + "\n").collect();
    let pem = |kind: &str| format!("-----BEGIN {kind}-----\n{body}-----END {kind}-----\n");
    let private = ["RSA PRIV", "ATE KEY"].concat();
    assert_eq!(found("deploy/id", "", &pem(&private))[0].severity, Severity::Blocks);
    assert_eq!(found("tests/id", "", &pem(&private))[0].severity, Severity::Informs);
    assert_eq!(rules_of("deploy/id", "", &pem("PUBLIC KEY")), [""; 0]);
    assert_eq!(rules_of("src/a.py", "", &format!("HEAD = '-----BEGIN {private}-----'\n")), [""; 0]);
}

#[test]
fn addresses() {
    let url = |user: &str, password: &str, host: &str| {
        format!("DB = 'postgres://{user}:{password}@{host}/x'\n")
    };
    let password = noise(12, ALNUM);
    let finding = only(&url("app", &password, "db.acme-corp.net"));
    assert_eq!(finding.rule.id, "credentials-in-url");
    assert!(!finding.evidence.contains(&password));
    for fine in [
        url("app", "password", "db.acme-corp.net"),
        url("app", "{password}", "db.acme-corp.net"),
        url("app", &password, "localhost"),
        url("app", &password, "db.example.com"),
        "x = 'http://host.net:8080@b'\n".to_owned(),
    ] {
        assert_eq!(rules_of("src/a.py", "", &fine), [""; 0], "{fine}");
    }
    let netrc = format!("machine git.acme-corp.net login joe password {}\n", noise(14, ALNUM));
    assert_eq!(rules_of(".netrc", "", &netrc), ["secret"]);
}

#[test]
fn tokens_that_say_what_they_are() {
    let encode = |text: &str| -> String {
        let bits: String = text.bytes().map(|b| format!("{b:08b}")).collect();
        let letters: Vec<char> =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars().collect();
        bits.as_bytes()
            .chunks(6)
            .map(|c| format!("{:0<6}", std::str::from_utf8(c).unwrap()))
            .map(|c| letters[usize::from_str_radix(&c, 2).unwrap()])
            .collect()
    };
    let jwt = |payload: &str| {
        format!("T = '{}.{}.{}'\n", encode(r#"{"alg":"HS256"}"#), encode(payload), noise(43, ALNUM))
    };
    assert_eq!(rules_of("src/a.py", "", &jwt(r#"{"sub":"u-93","admin":true}"#)), ["secret"]);
    assert_eq!(rules_of("src/a.py", "", &jwt(r#"{"sub":"1234567890"}"#)), [""; 0]);
}

#[test]
fn evidence_of_other_rules_hides_them() {
    let secret = secrets()[2].clone();
    let text = masked(&format!("eval('{secret}' + x)"));
    assert!(!text.contains(&secret[8..]) && text.starts_with("eval('ghp_..."), "{text}");
}

//! What a TLS library says of a server's certificate, in words for people: two rooms talk to servers, and both
//! should say the same.

/// How rustls begins what it says of a certificate that it refuses.
const REFUSED: &str = "invalid peer certificate: ";

/// Why a certificate was refused and what can be done, from the text of the library's error; `None` where that is
/// about something else.
pub fn certificate_problem(error: &str) -> Option<String> {
    let (_, reason) = error.split_once(REFUSED)?;
    let words = if ["UnknownIssuer", "BadSignature"].contains(&reason) {
        "nobody whom slm believes has signed its certificate: the file of a private authority is named by \
         SSL_CERT_FILE, or by `authorities` of [network] in config.toml"
            .to_owned()
    } else if let Some(rest) = reason.strip_prefix("certificate not valid for name ") {
        let names = rest.split_once("only valid for ").map_or("no name", |(_, names)| names);
        format!("its certificate is that of another host ({names})")
    } else if reason.starts_with("certificate expired") {
        "its certificate has expired; or the clock of this machine is wrong".to_owned()
    } else if reason.starts_with("certificate not valid yet") {
        "its certificate is not valid yet; or the clock of this machine is wrong".to_owned()
    } else {
        format!("its certificate is refused: {reason}")
    };
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/https.rs` has the same with real certificates.
    #[test]
    fn what_is_wrong_with_a_certificate_is_said_and_the_rest_is_left_alone() {
        let of = |reason: &str| certificate_problem(&format!("io: {REFUSED}{reason}")).unwrap();
        assert!(of("UnknownIssuer").contains("SSL_CERT_FILE"));
        let other = "certificate not valid for name \"a\"; certificate is only valid for b or c";
        assert!(of(other).ends_with("another host (b or c)"));
        let none = "certificate not valid for name \"a\"; certificate is not valid for any names";
        assert!(of(none).contains("no name"));
        assert!(of("certificate expired: verification time 1").contains("expired"));
        assert!(of("certificate not valid yet: verification time 1").contains("not valid yet"));
        assert!(of("BadSignature").contains("SSL_CERT_FILE"), "an authority of the same name");
        assert!(of("Revoked").ends_with("refused: Revoked"));
        for other in ["", "connection refused", "received fatal alert: HandshakeFailure"] {
            assert_eq!(certificate_problem(other), None);
        }
    }
}

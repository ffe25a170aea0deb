//! Keys: whose signature counts, and that nothing damaged is taken for good, or brings slm down.

use proptest::prelude::*;

use super::*;

const CONTENT: &[u8] = b"version = 3\n";

/// A pair of keys, made once: the same for all tests.
fn signer() -> Signer {
    Signer::open(&generate(None).unwrap().secret_file, None).unwrap()
}

fn trusting(signers: &[&Signer]) -> Trusted {
    Trusted::new(&signers.iter().map(|signer| signer.public()).collect::<Vec<_>>()).unwrap()
}

fn refusal(trusted: &Trusted, content: &[u8], signature: &str) -> String {
    trusted.verify(content, signature.as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_was_signed_is_believed_and_its_comment_is_shown() {
    let (one, other) = (signer(), signer());
    let signature = one.sign(CONTENT, "models of May\x1b[2J\nsecond line").unwrap();
    let said = trusting(&[&other, &one]).verify(CONTENT, signature.as_bytes()).unwrap();
    assert_eq!(said.comment, "models of May\\u{1b}[2J second line");
    assert!(format!("{one:?}").contains(&said.key), "{one:?}");
    let crlf = signature.replace('\n', "\r\n");
    assert_eq!(trusting(&[&one]).verify(CONTENT, crlf.as_bytes()).unwrap(), said);
}

/// The folder holds a key, a file and its signatures as minisign 0.11, which shares no code with slm, has made them.
#[test]
fn what_another_program_has_signed_is_believed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/minisign");
    let read = |name: &str| crate::base::fs::read(&folder.join(name)).unwrap();
    let key = String::from_utf8(read("signer.pub")).unwrap();
    let trusted = Trusted::new(&[key.as_str()]).unwrap();
    let (content, signature) = (read("models.toml"), read("models.toml.minisig"));
    assert_eq!(trusted.verify(&content, &signature).unwrap().comment, "models of May");
    let mut other = content.clone();
    other[0] ^= 1;
    let text = String::from_utf8(signature).unwrap();
    assert!(refusal(&trusted, &other, &text).contains("altered"));
    let renamed = text.replace("of May", "of Mai");
    assert!(refusal(&trusted, &content, &renamed).contains("the comment"));
    // Signed without a digest, as old programs do.
    let legacy = String::from_utf8(read("legacy.minisig")).unwrap();
    assert!(refusal(&trusted, &content, &legacy).contains("legacy"));
}

#[test]
fn nobody_else_is_believed() {
    let (one, other) = (signer(), signer());
    let signature = one.sign(CONTENT, "c").unwrap();
    assert!(refusal(&Trusted::default(), CONTENT, &signature).contains("config.toml"));
    let stranger = refusal(&trusting(&[&other]), CONTENT, &signature);
    let number = |signer: &Signer| format!("{signer:?}")[7..23].to_owned();
    assert!(stranger.contains(&number(&one)) && stranger.contains(&number(&other)), "{stranger}");
    // Another key that claims the same number.
    let mut forged = trusting(&[&other]);
    let mut bytes = forged.keys[0].to_bytes();
    bytes[2..10].copy_from_slice(one.pair.pk.keynum());
    forged.keys[0] = PublicKey::from_bytes(&bytes).unwrap();
    assert!(refusal(&forged, CONTENT, &signature).contains("altered"));
}

#[test]
fn every_kind_of_damage_has_its_words() {
    let one = signer();
    let trusted = trusting(&[&one]);
    let signature = one.sign(CONTENT, "models of May").unwrap();
    let lines: Vec<&str> = signature.lines().collect();
    let other = one.sign(b"version = 4\n", "models of May").unwrap();
    let other: Vec<&str> = other.lines().collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        lines.join("\n")
    };
    let legacy = format!("RW{}", &lines[1][2..]);
    let unknown = format!("SU{}", &lines[1][2..]);
    for (content, signature, words) in [
        (b"version = 2\n".as_slice(), signature.clone(), "altered"),
        (b"".as_slice(), signature.clone(), "altered"),
        (CONTENT, with(1, other[1]), "altered"),
        (CONTENT, with(3, other[3]), "the comment"),
        (CONTENT, with(2, "trusted comment: models of June"), "the comment"),
        (CONTENT, with(2, "trusted comment: "), "the comment"),
        (CONTENT, with(2, "comment"), "must be comments"),
        (CONTENT, with(1, &legacy), "legacy"),
        (CONTENT, with(1, &unknown), "cannot be read"),
        (CONTENT, with(1, &lines[1][..96]), "in full"),
        (CONTENT, with(3, &lines[3][..40]), "in full"),
        (CONTENT, with(1, "RUQ="), "in full"),
        (CONTENT, with(3, "AA=="), "in full"),
        (CONTENT, with(3, &"A".repeat(88)), "in full"),
        (CONTENT, with(3, ""), "four lines"),
        (CONTENT, lines[..3].join("\n"), "four lines"),
        (CONTENT, format!("{signature}more\n"), "four lines"),
        (CONTENT, String::new(), "empty"),
        (CONTENT, " \n".to_owned(), "empty"),
        (CONTENT, "x".repeat(LONGEST + 1), "too long"),
    ] {
        let said = refusal(&trusted, content, &signature);
        assert!(said.contains(words), "{words}: {said}\n{signature}");
    }
    assert!(trusted.verify(CONTENT, b"\xff\xfe").is_err());
}

#[test]
fn a_password_is_needed_where_there_is_one() {
    let password = Secret::new("correct horse");
    let new = generate(Some(&password)).unwrap();
    let open = |file: &Secret, password: Option<&Secret>| {
        Signer::open(file, password).map_err(|error| error.to_string())
    };
    assert!(open(&new.secret_file, None).unwrap_err().contains("none was given"));
    let wrong = Secret::new("battery staple");
    assert!(open(&new.secret_file, Some(&wrong)).unwrap_err().contains("does not fit"));
    let signer = open(&new.secret_file, Some(&password)).unwrap();
    assert_eq!(signer.public(), new.public);
    let trusted = Trusted::new(&[&new.public_file]).unwrap();
    trusted.verify(CONTENT, signer.sign(CONTENT, "c").unwrap().as_bytes()).unwrap();
    assert!(!format!("{new:?}").contains(&new.secret_file.reveal()[40..80]));
}

#[test]
fn keys_are_kept_for_their_owner_and_never_written_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (secret, public) = (dir.path().join("k.key"), dir.path().join("k.pub"));
    generate(None).unwrap().save(&secret, &public).unwrap();
    let mode = std::fs::metadata(&secret).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = crate::base::fs::read_text(&secret).unwrap();
    let signer = Signer::open(&Secret::new(&text), None).unwrap();
    let trusted = Trusted::new(&[crate::base::fs::read_text(&public).unwrap()]).unwrap();
    trusted.verify(CONTENT, signer.sign(CONTENT, "c").unwrap().as_bytes()).unwrap();
    let error = generate(None).unwrap().save(&secret, &public).unwrap_err().to_string();
    assert!(error.contains("k.key"), "{error}");
    assert_eq!(crate::base::fs::read_text(&secret).unwrap(), text);
}

#[test]
fn what_is_no_key_is_refused() {
    let secret = generate(None).unwrap().secret_file;
    for bad in ["", "RW", "hello", &"RW".repeat(28), &"é".repeat(28)] {
        // Twice "RW..." has the length and the letters of a key, and is one.
        assert_eq!(Trusted::new(&[bad]).is_ok(), bad.len() == 56 && bad.is_ascii(), "{bad}");
        let file = Secret::new(&format!("untrusted comment: x\n{bad}"));
        assert!(Signer::open(&file, None).is_err(), "{bad}");
    }
    assert!(Trusted::new(&[secret.reveal()]).unwrap_err().to_string().contains("no public key"));
    assert!(Trusted::new::<&str>(&[]).unwrap().is_empty());
}

proptest! {
    #[test]
    fn no_damaged_signature_is_good(at in 0_usize..400, byte: u8, cut: bool) {
        let one = Signer::open(&Secret::new(SECRET), None).unwrap();
        let signature = one.sign(CONTENT, "c").unwrap().into_bytes();
        let at = at % signature.len();
        let mut damaged = signature.clone();
        damaged[at] = byte;
        if cut {
            damaged.truncate(at);
        }
        let first = signature.iter().position(|&b| b == b'\n').unwrap();
        // The first line is nobody's word, and blanks around the others mean nothing.
        let same = damaged == signature || at < first || damaged.trim_ascii() == signature.trim_ascii();
        let result = trusting(&[&one]).verify(CONTENT, &damaged);
        prop_assert!(same || result.is_err(), "{at} {byte}");
    }

    #[test]
    fn nothing_that_is_read_brings_it_down(text in "\\PC{0,200}", lines: Vec<String>) {
        let one = Signer::open(&Secret::new(SECRET), None).unwrap();
        for text in [text, lines.join("\n")] {
            prop_assert!(trusting(&[&one]).verify(CONTENT, text.as_bytes()).is_err());
            let file = Secret::new(&format!("x\nRW{text}"));
            prop_assert!(Signer::open(&file, None).is_err());
            let _ = Trusted::new(&[format!("RW{text}")]);
        }
    }
}

/// Made for these tests, and of no other use.
const SECRET: &str = "untrusted comment: a key for tests\n\
    RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3elKpkMC\
    Av2z642k8qfPrS6b25YV7sNohukU/UemsNekSb1o+6UxkC0oZlpILK7NFwf0gVxJXotyjzsQUE14aVP7\
    OjnmhSVeWYeim384eIOCY3q8tlB0SlYcPXkgqSCL/wzEAHlnTFs=";

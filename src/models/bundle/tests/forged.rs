//! Bundles that nobody should take: unsigned, altered, or of a shape that tricks other readers.

use proptest::prelude::*;
use tar::{EntryType, Header};

use super::*;

/// A member of an archive, with a header as it should not be.
struct Member {
    header: Header,
    name: Vec<u8>,
    bytes: Vec<u8>,
}

impl Member {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        Self { header, name: name.as_bytes().to_vec(), bytes: bytes.to_vec() }
    }

    fn of(mut self, kind: EntryType) -> Self {
        self.header.set_entry_type(kind);
        self
    }

    fn says(mut self, size: u64) -> Self {
        self.header.set_size(size);
        self
    }

    fn write(&self) -> Vec<u8> {
        let mut header = self.header.clone();
        // As bytes: the crate itself refuses to write such names.
        let block = header.as_mut_bytes();
        block[..self.name.len()].copy_from_slice(&self.name);
        header.set_cksum();
        let mut bytes = [header.as_bytes().as_slice(), &self.bytes].concat();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }
}

const END: [u8; 1024] = [0; 1024];

fn manifest() -> String {
    let digest = Sha256::of(b"model");
    format!(
        "format = 1\nmade_by = \"slm\"\n[[item]]\nsha256 = \"{digest}\"\nsize = 5\npresent = true\n\
         [item.about]\nname = \"tiny\"\nversion = \"1\"\nkind = \"model\"\n"
    )
}

/// The first two members of a bundle with this manifest, signed.
fn head(manifest: &str) -> Vec<u8> {
    let signature = SIGNER.sign(manifest.as_bytes(), "c").unwrap();
    let text = Member::new("manifest.toml", manifest.as_bytes()).write();
    [text, Member::new("manifest.toml.minisig", signature.as_bytes()).write()].concat()
}

fn model() -> Member {
    Member::new(&format!("files/{}", Sha256::of(b"model")), b"model")
}

fn refused(parts: &[&[u8]]) -> String {
    let bench = Bench::new();
    let outside = bench.at("victim");
    fs::write(&outside, "safe").unwrap();
    fs::write(&bench.at("b.slmb"), parts.concat()).unwrap();
    let text = bench.refused("b.slmb");
    assert_eq!(fs::read(&outside).unwrap(), b"safe");
    assert_eq!(crate::base::sanitize(&text), text);
    text
}

#[test]
fn the_archive_that_these_tests_alter_is_good() {
    let bench = Bench::new();
    fs::write(&bench.at("b.slmb"), [head(&manifest()), model().write(), END.to_vec()].concat())
        .unwrap();
    bench.unpack("b.slmb", &|_| false).unwrap();
}

#[test]
fn only_the_files_of_the_manifest_in_their_order_are_taken() {
    let (head, good) = (head(&manifest()), model().write());
    let named = |name: &str| Member::new(name, b"model").write();
    let name = format!("files/{}", Sha256::of(b"model"));
    let upper = name.to_uppercase();
    for (words, parts) in [
        ("is not in its manifest", vec![&head[..], &good, &named("files/other"), &END]),
        ("is not in its manifest", vec![&head, &good, &good, &END]),
        ("is not in its manifest", vec![&head, &good, &named("manifest.toml"), &END]),
        ("is where files/", vec![&head, &named("files/other"), &good, &END]),
        ("is where files/", vec![&head, &named("../victim"), &END]),
        ("is where files/", vec![&head, &named("/victim"), &END]),
        ("is where files/", vec![&head, &named(&upper), &END]),
        ("is where files/", vec![&head, &named(&format!("./{name}")), &END]),
        ("it ends where files/", vec![&head, &END]),
        ("is where manifest.toml should", vec![&good, &head, &END]),
        ("it ends where manifest.toml should", vec![&END]),
        ("ends too early", vec![b""]),
        ("no tar archive", vec![&[7; 5000]]),
    ] {
        let text = refused(&parts);
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn links_folders_and_tricks_of_other_readers_are_refused() {
    let head = head(&manifest());
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Directory,
        EntryType::Char,
        EntryType::Fifo,
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::GNUSparse,
        EntryType::XHeader,
        EntryType::XGlobalHeader,
        EntryType::Continuous,
        EntryType::new(b'Z'),
    ] {
        let text = refused(&[&head, &model().of(kind).write(), &model().write(), &END]);
        assert!(text.contains("no regular file"), "{kind:?}: {text}");
    }
    // The kind of very old archives.
    let mut old = model();
    old.header.as_mut_bytes()[156] = 0;
    assert!(refused(&[&head, &old.write(), &END]).contains("no regular file"));
    let mut linked = model();
    linked.header.set_link_name("../victim").unwrap();
    assert!(refused(&[&head, &linked.write(), &END]).contains("no regular file"));
}

#[test]
fn sizes_and_ends_that_lie_are_refused() {
    let (head, good) = (head(&manifest()), model().write());
    let mut padded = good.clone();
    *padded.last_mut().unwrap() = 1;
    for (words, parts) in [
        ("4 bytes, and should have 5", vec![&head[..], &model().says(4).write(), &END]),
        ("6 bytes, and should have 5", vec![&head, &model().says(6).write(), &END]),
        ("should have 5", vec![&head, &model().says(u64::MAX).write(), &END]),
        ("between two files", vec![&head, &padded, &END]),
        ("behind its end", vec![&head, &good, &END, b"x"]),
        ("behind its end", vec![&head, &good, &END, &[0]]),
        ("behind its end", vec![&head, &good, &[0; 512], &good]),
        ("too early", vec![&head, &good, &[0; 512]]),
        ("too early", vec![&head, &good]),
        ("too early", vec![&head, &good[..515]]),
        ("too early", vec![&head, &good[..500]]),
    ] {
        let text = refused(&parts);
        assert!(text.contains(words), "{words}: {text}");
    }
    let wrong = Member { bytes: b"other".to_vec(), ..model() }.write();
    let text = refused(&[&head, &wrong, &END]);
    let digests = [b"model", b"other"].map(|bytes| Sha256::of(bytes).to_string());
    assert!(text.contains("tiny") && digests.iter().all(|digest| text.contains(digest)), "{text}");
}

#[test]
fn what_comes_before_a_wrong_file_does_not_stay() {
    let digests = [Sha256::of(b"model"), Sha256::of(b"more")];
    let more = manifest().split_once("[[item]]").unwrap().1.replace("tiny", "more");
    let more = more.replace(&digests[0].to_string(), &digests[1].to_string());
    let manifest = format!("{}[[item]]{}", manifest(), more.replace("size = 5", "size = 4"));
    let mut members = [
        (digests[0], model()),
        (digests[1], Member::new(&format!("files/{}", digests[1]), b"more")),
    ];
    members.sort_by_key(|(digest, _)| *digest);
    members[1].1.bytes[0] ^= 1;
    let [(_, first), (_, second)] = &members;
    let text = refused(&[&head(&manifest), &first.write(), &second.write(), &END]);
    assert!(text.contains("is damaged"), "{text}");
}

#[test]
fn manifests_that_nobody_trusted_has_signed_are_not_read() {
    let good = manifest();
    let signature = SIGNER.sign(good.as_bytes(), "c").unwrap();
    let parts = |text: &str, signature: &str| {
        let signature = Member::new("manifest.toml.minisig", signature.as_bytes()).write();
        [Member::new("manifest.toml", text.as_bytes()).write(), signature].concat()
    };
    let (file, altered) = (model().write(), good.replace("tiny", "tony"));
    for (words, text, signature) in [
        ("altered", altered.as_str(), signature.as_str()),
        ("altered", "", &signature),
        ("is empty", &good, ""),
        ("four lines", &good, &signature[..60]),
    ] {
        let text = refused(&[&parts(text, signature), &file, &END]);
        assert!(text.contains(words), "{words}: {text}");
    }
    let stranger = Signer::open(&generate(None).unwrap().secret_file, None).unwrap();
    let signature = stranger.sign(good.as_bytes(), "c").unwrap();
    assert!(refused(&[&parts(&good, &signature), &file, &END]).contains("not trusted"));
    let long = Member::new("manifest.toml", &vec![b'#'; (1 << 20) + 1]).write();
    assert!(refused(&[&long, &END]).contains("longer than 1048576 bytes"));
    let endless = Member::new("manifest.toml", b"x").says(u64::MAX).write();
    assert!(refused(&[&endless, &END]).contains("longer than 1048576 bytes"));
}

#[test]
fn manifests_that_make_no_sense_are_refused() {
    let digest = Sha256::of(b"model").to_string();
    for (from, to, words) in [
        ("format = 1", "format = 3", "format is 3"),
        ("format = 1\n", "", "format is none"),
        ("made_by", "made_bye", "made_by"),
        ("size = 5", "size = -5", "size"),
        ("size = 5", "size = 5\nextra = 1", "extra"),
        ("version = \"1\"", "version = \"1\"\nextra = 1", "extra"),
        ("\"tiny\"", "\"../tiny\"", "no name"),
        ("\"1\"", "\"a b\"", "no name"),
        ("\"slm\"", "\"\\u001b[2J\"", "cannot be shown"),
        ("\"model\"", "\"weapon\"", "weapon"),
        ("kind = \"model\"", &format!("kind = \"model\"\nbase = \"{digest}\""), "was made for"),
        (digest.as_str(), "../../victim", "64 hexadecimal"),
        ("present = true", "present = false", "leaves out tiny 1"),
    ] {
        let text = refused(&[&head(&manifest().replacen(from, to, 1)), &model().write(), &END]);
        assert!(text.contains(words), "{words}: {text}");
    }
    let item = manifest().split_once("[[item]]").unwrap().1.to_owned();
    for (more, words) in [
        (item.clone(), "there twice"),
        (item.replace("tiny", "other").replace("size = 5", "size = 6"), "are one file, and differ"),
    ] {
        let text =
            refused(&[&head(&format!("{}[[item]]{more}", manifest())), &model().write(), &END]);
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(refused(&[&head("format = 1\nmade_by = \"slm\""), &END]).contains("nothing in it"));
    let huge = manifest().replace("size = 5", "size = 9223372036854775807");
    assert!(refused(&[&head(&huge), &model().write(), &END]).contains("are free"));
}

proptest! {
    #[test]
    fn not_a_byte_of_it_can_change(at: prop::sample::Index, byte: u8, cut in 0_usize..20) {
        let good = [head(&manifest()), model().write(), END.to_vec()].concat();
        let at = at.index(good.len());
        let mut bad = good.clone();
        bad[at] = byte;
        if cut == 0 {
            bad.truncate(at);
        }
        let bench = Bench::new();
        fs::write(&bench.at("b.slmb"), &bad).unwrap();
        // But for the first line of the signature, which nobody vouches for.
        let signature = 512 + manifest().len().next_multiple_of(512) + 512;
        let line = good[signature..].iter().position(|&byte| byte == b'\n').unwrap();
        let is_free = (signature..signature + line).contains(&at) && cut != 0;
        if bad != good && !is_free {
            bench.refused("b.slmb");
        } else {
            let _ = bench.unpack("b.slmb", &|_| false);
        }
    }

    #[test]
    fn no_manifest_brings_it_down(at: prop::sample::Index, byte: u8, len in 0_usize..40) {
        let mut text = manifest().into_bytes();
        let at = at.index(text.len());
        let end = (at + len).min(text.len());
        text.splice(at..end, [byte]);
        if let Ok(manifest) = Manifest::read(&text) {
            let again = manifest.write().unwrap();
            prop_assert_eq!(Manifest::read(again.as_bytes()).unwrap(), manifest);
        }
    }
}

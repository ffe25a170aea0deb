//! A Rust file as the rules see it: the code without comments, literals and test modules.

use regex::Regex;

/// One file.
pub(crate) struct Source {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments and the content of literals blanked out, byte for byte and line for
    /// line where it was.
    pub(crate) code: String,
    /// The code with items under `#[cfg(test)]` blanked out too.
    pub(crate) shipped: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = blank_comments_and_literals(text);
        let shipped = blank_tests(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, shipped }
    }

    /// The room a file lives in: `agent` for `src/agent/fix.rs`, `main` for `src/main.rs`.
    pub(crate) fn room(&self) -> &str {
        let rest = self.path.strip_prefix("src/").unwrap_or(&self.path);
        rest.split('/').next().unwrap_or(rest).trim_end_matches(".rs")
    }

    /// How many `super` lead from the file's module to the crate's root.
    pub(crate) fn depth(&self) -> usize {
        let rest = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let segments = rest.split('/').count();
        if rest.ends_with("/mod.rs") { segments - 1 } else { segments }
    }

    /// The line of a byte offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// Paths, without `.rs`, of the modules that a file declares under `#[cfg(test)]`.
pub(crate) fn test_modules(path: &str, text: &str) -> Vec<String> {
    let declared =
        Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;").unwrap();
    let stem = path.trim_end_matches(".rs");
    let folder = ["/mod", "/lib", "/main"].iter().find_map(|end| stem.strip_suffix(end));
    declared
        .captures_iter(text)
        .map(|found| format!("{}/{}", folder.unwrap_or(stem), &found[1]))
        .collect()
}

fn blank_tests(code: &str) -> String {
    let attribute = Regex::new(r"#\[cfg\((all\()?test\b").unwrap();
    let mut out = code.as_bytes().to_vec();
    for found in attribute.find_iter(code) {
        // The item ends with a semicolon, or with the brace that closes its first one.
        let mut depth = 0_usize;
        for byte in &mut out[found.start()..] {
            let ends = match *byte {
                b'{' => {
                    depth += 1;
                    false
                }
                b'}' => {
                    depth = depth.saturating_sub(1);
                    depth == 0
                }
                b';' => depth == 0,
                _ => false,
            };
            if *byte != b'\n' {
                *byte = b' ';
            }
            if ends {
                break;
            }
        }
    }
    String::from_utf8(out).unwrap()
}

fn blank_comments_and_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut blank = |from: usize, to: usize| {
        for byte in &mut out[from..to.min(bytes.len())] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = if rest.starts_with(b"//") {
            at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            at + block_comment(rest)
        } else if let Some(length) = raw_string(bytes, at) {
            at + length
        } else if rest[0] == b'"' {
            at + quoted(rest, b'"')
        } else if rest[0] == b'\'' && is_char(rest) {
            at + quoted(rest, b'\'')
        } else {
            at += 1;
            continue;
        };
        blank(at, end);
        at = end;
    }
    String::from_utf8(out).unwrap()
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// Length of a raw string that starts at `at`, its `r` and hashes included.
fn raw_string(bytes: &[u8], at: usize) -> Option<usize> {
    let inside_a_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let rest = &bytes[at..];
    let after = rest.strip_prefix(b"br").or_else(|| rest.strip_prefix(b"r"))?;
    if inside_a_word && bytes[at - 1] != b'b' {
        return None;
    }
    let hashes = after.iter().take_while(|&&byte| byte == b'#').count();
    if after.get(hashes) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let open = rest.len() - after.len() + hashes + 1;
    let length = rest[open..].windows(close.len()).position(|window| window == close)?;
    Some(open + length + close.len())
}

/// Length of a quoted literal, quotes included.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character literal, where a lone quote may also begin a lifetime.
fn is_char(rest: &[u8]) -> bool {
    if rest.get(1) == Some(&b'\\') {
        return true;
    }
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(8)]).into_owned();
    text.chars().nth(1) == Some('\'')
}

#[test]
fn code_keeps_its_place_and_loses_what_is_no_code() {
    let text =
        "a(\"x // y\"); // c\n/* d /* e */ f */ g('\\'', '\"', 'ä') r#\"h\"i\"# b\"j\" &'k str";
    let source = Source::new("src/a.rs", text);
    assert_eq!(source.code.len(), text.len());
    assert_eq!(source.code.split_whitespace().collect::<String>(), "a();g(,,)b&'kstr");
    assert_eq!(source.code.lines().count(), 2);
}

#[test]
fn test_items_are_no_shipped_code() {
    let text =
        "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { c() } }\n#[cfg(test)] use d;\nfn e() {}";
    let source = Source::new("src/a.rs", text);
    assert_eq!(source.shipped.split_whitespace().collect::<String>(), "fna(){}fne(){}");
    assert!(source.code.contains("fn b()"));
    let modules = "mod a;\n#[cfg(test)]\nmod b;\n#[cfg(test)] pub(crate) mod c;";
    assert_eq!(test_modules("src/edit/mod.rs", modules), ["src/edit/b", "src/edit/c"]);
    assert_eq!(test_modules("src/edit/diff.rs", modules), ["src/edit/diff/b", "src/edit/diff/c"]);
}

#[test]
fn rooms_and_depths_follow_from_the_path() {
    let place = |path| {
        let source = Source::new(path, "");
        (source.room().to_owned(), source.depth())
    };
    assert_eq!(place("src/main.rs"), ("main".into(), 1));
    assert_eq!(place("src/edit/mod.rs"), ("edit".into(), 1));
    assert_eq!(place("src/edit/diff.rs"), ("edit".into(), 2));
    assert_eq!(place("src/engine/llama/mod.rs"), ("engine".into(), 2));
}

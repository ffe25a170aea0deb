//! The rules: each takes a file and returns what is wrong with it, one line a complaint.

use regex::Regex;

use crate::source::Source;

/// Most lines a file may have; aim for 150 to 300.
const CEILING: usize = 800;
/// Most lines `main.rs` may have.
const MAIN_CEILING: usize = 79;

/// Rooms by level; imports go to a lower level only. `config` and `models` stand apart.
const LEVELS: [(&str, u8); 15] = [
    ("main", 7),
    ("cli", 6),
    ("tui", 5),
    ("server", 5),
    ("eval", 5),
    ("agent", 4),
    ("engine", 3),
    ("refactor", 3),
    ("repo", 3),
    ("trace", 3),
    ("edit", 3),
    ("sandbox", 3),
    ("syntax", 2),
    ("base", 1),
    ("lib", 0),
];
/// Import only `base`, and are imported only by these.
const ASIDE: [&str; 2] = ["config", "models"];
const ASIDE_CALLERS: [&str; 4] = ["main", "cli", "server", "eval"];

/// A pattern of shipped code, what it stands for, and where it may occur.
const OWNERS: [(&str, &str, &[&str]); 17] = [
    (r"\bllama_cpp(_sys)?_2\b", "llama.cpp", &["src/engine/llama"]),
    (r"\b(ratatui|crossterm)\b", "the terminal crates", &["src/tui/"]),
    (
        r"\b(ratatui_textarea|pulldown_cmark|base64)\b",
        "the chat screen's crates",
        &["src/tui/chat/"],
    ),
    (r"\bgit2\b", "git2", &["src/repo/", "src/edit/"]),
    (r"\btree_sitter(_\w+)?\b", "tree-sitter", &["src/syntax/"]),
    (
        r"\bsyntax\s*::\s*(tree|node)\b",
        "syntax trees",
        &["src/syntax/", "src/refactor/", "src/agent/review/"],
    ),
    (r"\b(rusqlite|postcard)\b", "the database", &["src/repo/index/"]),
    (r"\bpetgraph\b", "petgraph", &["src/repo/graph/"]),
    (r"\bage::", "age", &["src/models/sealed/cipher.rs"]),
    (r"\b(minisign|sha2)::", "signatures and digests", &["src/models/"]),
    (r"\bfastcdc::", "cutting files into chunks", &["src/models/bundle/delta.rs"]),
    (r"\brpassword::", "reading passwords", &["src/cli/report.rs"]),
    (r"\bnotify::", "watching files", &["src/repo/watch.rs"]),
    (
        r"\bprocess\s*::\s*(\{[^}]*\b)?Command\b|\b(v?fork|posix_spawnp?|execv\w*)\s*\(",
        "starting processes",
        &["src/sandbox/"],
    ),
    (
        r"\b(TcpStream|TcpListener|UdpSocket|ToSocketAddrs|reqwest|ureq|hyper|rustls)\b",
        "the network",
        &["src/models/download", "src/engine/remote/http.rs", "src/server/"],
    ),
    (r"\b(e?print(ln)?|dbg)\s*!", "printing", &["src/cli/report.rs"]),
    (r"\binclude_str!\s*\(\s*concat!", "included files hidden from tidy", &[]),
];

/// Files that are recorded or made, not written by hand: fixtures, scenarios, corpora.
pub(crate) fn is_material(path: &str) -> bool {
    ["tests/fixtures/", "tests/scenarios/", "fuzz/corpus/"].iter().any(|dir| path.starts_with(dir))
}

/// Files in which a note for later would be one of ours.
pub(crate) fn is_written_here(path: &str) -> bool {
    let written = [".rs", ".sh", ".md", ".py", ".toml", ".gbnf", ".txt", ".ci/run"];
    !is_material(path) && written.iter().any(|end| path.ends_with(end))
}

/// A room imports only rooms below it.
pub(crate) fn direction(source: &Source) -> Vec<String> {
    let room = source.room();
    if level(room).is_none() && !ASIDE.contains(&room) {
        return vec![format!("{}: no such room; see docs/architecture.md", source.path)];
    }
    let mut complaints = Vec::new();
    for (offset, target) in imports(source) {
        if !allowed(room, &target) {
            complaints.push(format!(
                "{}:{}: {room} must not import {target}",
                source.path,
                source.line(offset)
            ));
        }
    }
    let climbs = Regex::new(r"\bsuper(\s*::\s*super)*\b").unwrap();
    for found in climbs.find_iter(&source.shipped) {
        if found.as_str().matches("super").count() >= source.depth() {
            complaints.push(format!(
                "{}:{}: `super` leaves the room: write crate::",
                source.path,
                source.line(found.start())
            ));
        }
    }
    complaints
}

/// Each outside crate, and each dangerous power, belongs to one room.
pub(crate) fn one_room(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (pattern, what, homes) in OWNERS {
        if homes.iter().any(|home| source.path.starts_with(home)) {
            continue;
        }
        for found in Regex::new(pattern).unwrap().find_iter(&source.shipped) {
            complaints.push(format!(
                "{}:{}: {what} belongs to {homes:?}",
                source.path,
                source.line(found.start())
            ));
        }
    }
    complaints
}

/// Unsafe code lives in two rooms, and a comment says why each piece is sound.
pub(crate) fn explained(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut complaints = Vec::new();
    for found in Regex::new(r"\bunsafe\s*(\{|impl\b)").unwrap().find_iter(&source.shipped) {
        let line = source.line(found.start());
        let home = ["src/engine/llama", "src/sandbox/"].iter().any(|h| source.path.starts_with(h));
        let above = &lines[line.saturating_sub(8)..line];
        if !home {
            complaints.push(format!("{}:{line}: no unsafe code in this room", source.path));
        } else if !above.iter().any(|text| text.contains("SAFETY")) {
            complaints.push(format!("{}:{line}: unsafe without a SAFETY comment", source.path));
        }
    }
    complaints
}

/// The file's first line is its `//!` doc, and it says something.
pub(crate) fn module_doc(source: &Source) -> Vec<String> {
    let first = source.text.lines().next().unwrap_or_default();
    if first.strip_prefix("//!").is_some_and(|doc| !doc.trim().is_empty()) {
        return Vec::new();
    }
    vec![format!("{}:1: does not begin with a //! that says why it exists", source.path)]
}

/// Few enough lines to be read.
pub(crate) fn size(source: &Source) -> Vec<String> {
    let ceiling = if source.path == "src/main.rs" { MAIN_CEILING } else { CEILING };
    let lines = source.text.lines().count();
    if lines <= ceiling {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines, at most {ceiling}", source.path)]
}

/// No note for later, and in Rust code (not in a literal) no function that is not there.
pub(crate) fn unfinished(path: &str, text: &str) -> Vec<String> {
    // In pieces, so that this file does not trip over itself.
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|pieces| pieces.concat());
    // At the start of a comment, or with a colon or a name behind it: TAP has a directive of that
    // name, and code that reads TAP may speak of it.
    let (words, comment) = (words.join("|"), if path.ends_with(".rs") { "//" } else { "(#|--)" });
    let pattern = format!(r"\b({words})\b\s*[:(]|({comment}|/\*|<!--)[/!*]*\s*({words})\b");
    let notes = complain(path, text, &pattern, "unfinished");
    if !path.ends_with(".rs") {
        return notes;
    }
    let code = Source::new(path, text).code;
    let holes = complain(path, &code, r"\b(todo|unimplemented)\s*!\s*[(\[{]", "unfinished");
    notes.into_iter().chain(holes).collect()
}

/// No path of the machine a file was written on, no address of the registry it was built from.
pub(crate) fn machine(path: &str, text: &str) -> Vec<String> {
    let homes = [["ro", "ot"], ["wo", "rk"]].map(|pieces| pieces.concat());
    let hosts = [
        ["registry.", "npmjs"],
        ["python", "hosted"],
        ["pypi.org/", "simple"],
        ["static.", "crates.io"],
        ["index.crates", r"\.io/"],
        ["proxy.", "golang"],
        ["sum.", "golang"],
    ]
    .map(|pieces| pieces.concat());
    let pattern = format!(r"(?m)(^|[^\w./~:-])/({})/|{}", homes.join("|"), hosts.join("|"));
    complain(path, text, &pattern, "names a machine")
}

/// Which of these files no `include_str!` of the source names.
pub(crate) fn not_included(material: &[&str], source: &str) -> Vec<String> {
    let include = Regex::new(r#"include_(?:str|bytes)!\s*\(\s*"(?:\.\./)*([^"]+)""#).unwrap();
    let included: Vec<&str> =
        include.captures_iter(source).map(|found| found.get(1).unwrap().as_str()).collect();
    material
        .iter()
        .filter(|path| !included.contains(path))
        .map(|path| format!("{path}: never included"))
        .collect()
}

fn level(room: &str) -> Option<u8> {
    LEVELS.iter().find(|(name, _)| *name == room).map(|&(_, level)| level)
}

fn allowed(room: &str, target: &str) -> bool {
    if room == target {
        return true;
    }
    if ASIDE.contains(&target) {
        return ASIDE_CALLERS.contains(&room);
    }
    if ASIDE.contains(&room) {
        return target == "base";
    }
    match (level(room), level(target)) {
        (Some(from), Some(to)) => from > to,
        // Not a room: an item or macro of the crate's root.
        _ => true,
    }
}

/// Every room named after `crate::` in shipped code, groups taken apart, with where it stands.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let path = Regex::new(r"\b(?:crate|slm)\s*::\s*(\w+|\{)").unwrap();
    let mut found = Vec::new();
    for capture in path.captures_iter(&source.shipped) {
        let first = capture.get(1).unwrap();
        if first.as_str() == "{" {
            found.extend(group(&source.shipped, first.end()));
        } else {
            found.push((first.start(), first.as_str().to_owned()));
        }
    }
    found
}

/// The first segment of each path in the group that opened just before `start`.
fn group(code: &str, start: usize) -> Vec<(usize, String)> {
    let (mut depth, mut begin) = (1_usize, start);
    let mut found = Vec::new();
    for (offset, byte) in code.as_bytes()[start..].iter().enumerate() {
        let at = start + offset;
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && *byte == b',') {
            let name = code[begin..at].trim_start();
            let place = at - name.len();
            let name: String =
                name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                found.push((place, name));
            }
            begin = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn complain(path: &str, text: &str, pattern: &str, what: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    text.lines()
        .enumerate()
        .filter(|(_, line)| pattern.is_match(line))
        .map(|(index, line)| format!("{path}:{}: {what}: {}", index + 1, line.trim()))
        .collect()
}

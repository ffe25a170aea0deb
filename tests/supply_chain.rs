//! What is compiled into slm: licences, banned crates and sources, as `deny.toml` says, by cargo's own
//! metadata. The rules are shown a bad sample each.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A package that some build of slm may contain.
#[derive(Clone, Debug)]
struct Package {
    name: String,
    licence: String,
    /// `None` for a path on this machine.
    source: Option<String>,
    /// Those that bring it in.
    wanted_by: BTreeSet<String>,
}

fn policy() -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn allowed(policy: &toml::Table) -> BTreeSet<&str> {
    let list = policy["licenses"]["allow"].as_array().unwrap();
    list.iter().map(|licence| licence.as_str().unwrap()).collect()
}

/// The crates that are banned, each with those that may bring it in all the same.
fn banned(policy: &toml::Table) -> BTreeMap<&str, BTreeSet<&str>> {
    let list = policy["bans"]["deny"].as_array().unwrap();
    list.iter()
        .map(|ban| {
            let wrappers = ban.get("wrappers").and_then(|list| list.as_array());
            let wrappers = wrappers.into_iter().flatten().map(|name| name.as_str().unwrap());
            (ban["crate"].as_str().unwrap(), wrappers.collect())
        })
        .collect()
}

/// Everything that is built for this machine with these features: what the tests alone need is left out.
fn packages(features: &[&str]) -> Vec<Package> {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let about = String::from_utf8(rustc.stdout).unwrap();
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(features)
        .args(["--filter-platform", &host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let all: Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut about: BTreeMap<String, Package> = all["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let found = Package {
                name: text(&package["name"]),
                licence: text(&package["license"]),
                source: package["source"].as_str().map(str::to_owned),
                wanted_by: BTreeSet::new(),
            };
            (text(&package["id"]), found)
        })
        .collect();
    let nodes = all["resolve"]["nodes"].as_array().unwrap();
    let mut waiting = vec![text(&all["resolve"]["root"])];
    let mut reached = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !reached.insert(id.clone()) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == id.as_str()).unwrap();
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                let (wanted, by) = (text(&dependency["pkg"]), about[&id].name.clone());
                about.get_mut(&wanted).unwrap().wanted_by.insert(by);
                waiting.push(wanted);
            }
        }
    }
    reached.iter().map(|id| about[id].clone()).collect()
}

/// Whether an SPDX expression leaves a choice that is allowed. `/` is the old spelling of OR.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at, allowed) && at == words.len()
}

/// `all OR all ...`; AND binds closer.
fn any(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut good = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        good |= all(words, at, allowed);
    }
    good
}

fn all(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut good = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        good &= one(words, at, allowed);
    }
    good
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let word = words.get(*at);
    // Past the end, the expression is broken: `at` will not be its length.
    *at += 1;
    let Some(word) = word else { return false };
    if *word == "(" {
        let good = any(words, at, allowed);
        *at += 1;
        return good;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).unwrap_or(&"");
        *at += 2;
        return allowed.contains(format!("{word} WITH {exception}").as_str());
    }
    allowed.contains(word)
}

fn complaints(packages: &[Package], policy: &toml::Table) -> Vec<String> {
    let (allowed, banned) = (allowed(policy), banned(policy));
    let mut wrong = Vec::new();
    for Package { name, licence, source, wanted_by } in packages {
        if !is_allowed(licence, &allowed) {
            wrong.push(format!("{name}: the licence {licence:?} is not allowed by deny.toml"));
        }
        let may = banned.get(name.as_str());
        if may.is_some_and(|may| {
            wanted_by.is_empty() || wanted_by.iter().any(|by| !may.contains(by.as_str()))
        }) {
            wrong.push(format!("{name}: banned by deny.toml"));
        }
        let registry = source.as_ref().is_none_or(|source| source.starts_with("registry+"));
        if !registry || source.is_none() && name != env!("CARGO_PKG_NAME") {
            wrong.push(format!("{name}: from {source:?}, not from a registry"));
        }
    }
    wrong
}

#[test]
fn everything_compiled_in_is_allowed() {
    let packages = packages(&["--all-features"]);
    assert!(packages.len() > 100, "{packages:?}");
    assert_eq!(complaints(&packages, &policy()), Vec::<String>::new());
}

#[test]
fn without_endpoints_nothing_is_compiled_in_that_connects() {
    let policy = policy();
    let speak = |features: &[&str]| -> Vec<String> {
        let banned = banned(&policy);
        let names = packages(features).into_iter().map(|package| package.name);
        names.filter(|name| banned.contains_key(name.as_str())).collect()
    };
    let others = "llama,encryption,dynamic-backends,all-languages";
    assert_eq!(speak(&["--no-default-features", "--features", others]), Vec::<String>::new());
    // The control: the feature that is named after it does.
    assert_eq!(speak(&["--no-default-features", "--features", "remote"]), ["rustls", "ureq"]);
}

#[test]
fn bad_samples_are_seen() {
    let package = |name: &str, licence: &str, source: Option<&str>| Package {
        name: name.into(),
        licence: licence.into(),
        source: source.map(str::to_owned),
        wanted_by: BTreeSet::from(["slm".to_owned()]),
    };
    let registry = Some("registry+somewhere");
    let bad = [
        package("a", "GPL-3.0-only", registry),
        package("b", "", registry),
        package("reqwest", "MIT", registry),
        // Allowed only to another one.
        package("rustls", "MIT", registry),
        package("c", "MIT", Some("git+https://example.invalid/c")),
        package("d", "MIT", None),
    ];
    for sample in &bad {
        assert_eq!(complaints(std::slice::from_ref(sample), &policy()).len(), 1, "{sample:?}");
    }
    let good = package("ureq", "MIT", registry);
    assert_eq!(complaints(&[good], &policy()), Vec::<String>::new());
}

#[test]
fn licence_expressions_are_read() {
    let allowed = BTreeSet::from(["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"]);
    for good in
        ["MIT", "GPL-2.0/MIT", "(GPL-2.0 OR MIT) AND Zlib", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in
        ["GPL-2.0", "MIT AND GPL-2.0", "GPL-2.0 OR MIT AND BSD", "Apache-2.0", "MIT)", "", "MIT OR"]
    {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

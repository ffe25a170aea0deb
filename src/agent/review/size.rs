//! Large files, and files that a build or an operating system leaves behind.

use super::Settings;
use super::change::{ChangedFile, Mode, Version};
use super::finding::Severity;
use super::rules::{BINARY_FILE, LARGE_FILE};
use super::source::{Draft, Source};
use crate::base::Span;

/// Looks at sizes and names; pointers of git-lfs are small and fine.
pub(super) fn find(file: &ChangedFile, settings: &Settings, out: &mut Vec<Draft>) {
    let Some(after) = file.after.as_ref().filter(|after| after.mode != Mode::Submodule) else {
        return;
    };
    let before = file.before.as_ref().map_or(0, |before| before.size);
    // A file that was large before is not made so by an edit.
    let grown = before == 0 || (before < settings.large && after.size > before * 2);
    if after.size >= settings.large && grown {
        let (size, huge) = (shown(after.size), after.size >= settings.huge);
        let message = format!(
            "{size}: it stays in every clone for ever, even when it is removed later; keep it elsewhere or use git-lfs"
        );
        let severity = if huge { Severity::Blocks } else { Severity::Warns };
        out.push(
            draft(&LARGE_FILE, file, message).severity(severity).evidence(size).confidence(0.95),
        );
        return;
    }
    if before > 0 {
        return;
    }
    if let Some(what) = made_by_machine(&file.path, after) {
        let message =
            format!("{what}: made again on every machine; take it out of the commit and ignore it");
        out.push(draft(&BINARY_FILE, file, message).evidence(shown(after.size)).confidence(0.9));
    }
}

fn draft(rule: &'static super::Rule, file: &ChangedFile, message: String) -> Draft {
    let nothing = Source::new(&file.path, "", false, None);
    Draft::new(rule, &nothing, Span::at(0), message).key(file.path.clone())
}

fn made_by_machine(path: &str, version: &Version) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let within = |dir: &str| path.split('/').rev().skip(1).any(|part| part == dir);
    let tests = path
        .split('/')
        .any(|part| part.contains("test") || part.contains("fixture") || part == "playground");
    let magic =
        |bytes: &[u8]| version.bytes.as_deref().is_some_and(|content| content.starts_with(bytes));
    Some(match extension {
        _ if matches!(name, ".DS_Store" | "Thumbs.db" | "desktop.ini" | ".directory") => {
            "a file of the desktop"
        }
        "pyc" | "pyo" if within("__pycache__") || stem.contains("cpython") => "compiled Python",
        "swp" | "swo" if name.starts_with('.') => "a file of the editor",
        "orig" | "rej" if !tests => "what a merge or patch left behind",
        "log" if matches!(stem, "npm-debug" | "yarn-error" | "debug") => "a log",
        "o" | "obj" | "class" if !tests && version.text().is_none() => "compiled code",
        "coverage" if stem.is_empty() => "data of a coverage run",
        _ if within("node_modules") && !tests => "an installed package",
        _ if within(".pytest_cache") || within(".mypy_cache") || within(".ipynb_checkpoints") => {
            "a cache"
        }
        _ if !tests && (magic(b"\x7fELF") || magic(b"MZ\x90\0") || magic(b"\xcf\xfa\xed\xfe")) => {
            "a compiled program"
        }
        _ => return None,
    })
}

fn shown(bytes: u64) -> String {
    let (unit, scale) = if bytes >= 1 << 20 { ("MiB", 1 << 20) } else { ("KiB", 1 << 10) };
    let tenths = bytes.saturating_mul(10) / scale;
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, before: u64, after: u64, bytes: &[u8]) -> Vec<(&'static str, Severity)> {
        let version = |size| Version { size, bytes: Some(bytes.to_vec()), mode: Mode::Regular };
        let file = ChangedFile {
            path: path.to_owned(),
            before: (before > 0).then(|| version(before)),
            after: Some(version(after)),
            ..ChangedFile::default()
        };
        let mut out = Vec::new();
        find(&file, &Settings::default(), &mut out);
        out.iter().map(|d| (d.rule.id, d.severity)).collect()
    }

    #[test]
    fn sizes() {
        assert_eq!(rules("a.bin", 0, 2 << 20, b""), [("large-file", Severity::Warns)]);
        assert_eq!(rules("a.bin", 0, 30 << 20, b""), [("large-file", Severity::Blocks)]);
        assert_eq!(rules("a.bin", 2 << 20, 3 << 20, b""), []);
        assert_eq!(rules("a.bin", 10, 3 << 20, b""), [("large-file", Severity::Warns)]);
        assert_eq!(rules("a.bin", 0, 130, b"version https://git-lfs.github.com/spec/v1\n"), []);
        assert_eq!((shown(1536), shown(3 << 20)), ("1.5 KiB".to_owned(), "3.0 MiB".to_owned()));
    }

    #[test]
    fn left_behind() {
        assert_eq!(rules("a/.DS_Store", 0, 10, b"\0")[0].0, "binary-file");
        assert_eq!(rules("a/__pycache__/b.cpython-312.pyc", 0, 10, b"\0")[0].0, "binary-file");
        assert_eq!(rules("bin/tool", 0, 10, b"\x7fELF\x02")[0].0, "binary-file");
        assert_eq!(rules("logo.png", 0, 10, b"\x89PNG\0"), []);
    }
}

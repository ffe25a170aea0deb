//! Files that a message mentions: `@src/app.rs`, `@src/app.rs:10-20`.

use std::path::Path;

use crate::agent::chat::Attached;
use crate::base::RepoPath;
use crate::base::fs::read_text;

/// Files of one message that are attached; bytes of each.
const MOST: usize = 20;
const LONGEST: u64 = 256 << 10;

/// A file that is meant, and the lines of it, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) path: RepoPath,
    pub(super) lines: Option<(u32, u32)>,
}

/// The mentions in `text` of files that are known, each once.
pub(super) fn mentions(text: &str, files: &[RepoPath]) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    let words = text.split(|c: char| c.is_whitespace() || c == '(');
    for word in words.filter_map(|word| word.strip_prefix('@')) {
        // As it stands, else without what ends a sentence.
        let bare = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        let mention = [word, bare].into_iter().find_map(|word| mention(word, files));
        found.extend(mention.filter(|mention| !found.contains(mention)));
        if found.len() == MOST {
            break;
        }
    }
    found
}

/// The text of a file that is mentioned.
///
/// # Errors
/// In words for the person: what cannot be read, is no text, too long, or not inside of `root`.
pub(super) fn attach(mention: &Mention, root: &Path) -> Result<Attached, String> {
    let Mention { path, lines } = mention;
    let file = path.to_path(root);
    let place = file.canonicalize().map_err(|error| format!("{path} cannot be read: {error}"))?;
    let inside = root.canonicalize().is_ok_and(|root| place.starts_with(root));
    if !inside {
        return Err(format!("{path} leads out of the repository: it is not attached"));
    }
    let large = place.metadata().is_ok_and(|about| about.len() > LONGEST);
    if large && lines.is_none() {
        return Err(format!("{path} is larger than {} KiB: name lines of it", LONGEST >> 10));
    }
    let whole = read_text(&place).map_err(|error| error.to_string())?;
    let text = match *lines {
        None => whole,
        Some((first, last)) => {
            let skip = first.saturating_sub(1) as usize;
            let count = (last + 1).saturating_sub(first) as usize;
            whole.split_inclusive('\n').skip(skip).take(count).collect()
        }
    };
    if text.len() as u64 > LONGEST {
        return Err(format!("these lines of {path} are more than {} KiB", LONGEST >> 10));
    }
    Ok(Attached { path: path.as_str().to_owned(), lines: *lines, text })
}

fn mention(word: &str, files: &[RepoPath]) -> Option<Mention> {
    let known = |text: &str| {
        let path = RepoPath::new(text).ok()?;
        files.contains(&path).then_some(path)
    };
    if let Some(path) = known(word) {
        return Some(Mention { path, lines: None });
    }
    let (path, lines) = word.rsplit_once(':')?;
    let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
    let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
    (1..=last).contains(&first).then_some(())?;
    Some(Mention { path: known(path)?, lines: Some((first, last)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<RepoPath> {
        ["src/a.rs", "b.md"].map(|path| RepoPath::new(path).unwrap()).to_vec()
    }

    fn found(text: &str) -> Vec<(String, Option<(u32, u32)>)> {
        mentions(text, &files())
            .into_iter()
            .map(|m| (m.path.as_str().to_owned(), m.lines))
            .collect()
    }

    #[test]
    fn only_files_that_are_there() {
        let a = |lines| ("src/a.rs".to_owned(), lines);
        assert_eq!(
            found("see @src/a.rs, (@src/a.rs:3-5) and @gone.rs."),
            [a(None), a(Some((3, 5)))]
        );
        assert_eq!(found("@src/a.rs:7?"), [a(Some((7, 7)))]);
        assert_eq!(found("@src/a.rs:0 @src/a.rs:5-3 me@b.md @../b.md @/b.md"), []);
    }

    #[test]
    fn files_are_read_but_not_through_links_that_lead_out() {
        let dir = tempfile::tempdir().unwrap();
        let (root, out) = (dir.path().join("repo"), dir.path().join("secret"));
        std::fs::create_dir_all(root.join("src")).unwrap();
        crate::base::fs::write(&root.join("src/a.rs"), b"one\ntwo\nthree\n").unwrap();
        crate::base::fs::write(&out, b"key").unwrap();
        std::os::unix::fs::symlink(&out, root.join("b.md")).unwrap();
        let read = |text| attach(&mentions(text, &files())[0], &root);
        assert_eq!(read("@src/a.rs:2-9").unwrap().text, "two\nthree\n");
        assert_eq!(read("@src/a.rs").unwrap().text, "one\ntwo\nthree\n");
        assert!(read("@b.md").unwrap_err().contains("out of the repository"));
    }

    #[test]
    fn a_large_file_is_attached_by_its_lines() {
        let root = tempfile::tempdir().unwrap();
        let text = "a line\n".repeat(60_000);
        crate::base::fs::write(&root.path().join("b.md"), text.as_bytes()).unwrap();
        let read = |text| attach(&mentions(text, &files())[0], root.path());
        assert!(read("@b.md").unwrap_err().contains("name lines of it"));
        assert_eq!(read("@b.md:2-3").unwrap().text, "a line\na line\n");
    }
}

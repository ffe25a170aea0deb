//! Looking at the repository: files, words, outline, names.

use std::collections::BTreeMap;

use super::{Done, Run, Toolbox, anchor, outcome};
use crate::agent::chat::window::head_and_tail;
use crate::agent::knowledge::find::find;
use crate::base::RepoPath;
use crate::repo::graph::{Focus, Graph, Linking};
use crate::repo::index::{Index, Scope};
use crate::repo::map::{MapOptions, estimate_tokens, map};
use crate::repo::{lookup, walk};

/// Places that a search shows.
const PLACES: usize = 10;
/// Lines of uses that are shown.
const USES: usize = 40;

impl Toolbox {
    pub(super) fn read(
        &mut self,
        path: &str,
        first: Option<u32>,
        last: Option<u32>,
    ) -> Result<Done, String> {
        let path = self.resolve(path)?;
        let text = self.text_of(&path)?;
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let from = first.unwrap_or(1).max(1) as usize;
        let until = last.map_or(lines.len(), |last| last as usize).min(lines.len());
        if from > lines.len() && !lines.is_empty() {
            return Err(format!("{path} has {} lines; there is no line {from}", lines.len()));
        }
        if until < from && !lines.is_empty() {
            return Err(format!("lines {from}-{until} are none: the first comes after the last"));
        }
        let mut shown = String::new();
        let mut at = from;
        while at <= until {
            let line = anchor::numbered(&lines[at - 1..at], at);
            if shown.len() + line.len() > self.room && at > from {
                break;
            }
            shown.push_str(&head_and_tail(&line, 2_000));
            at += 1;
        }
        let count = at - from;
        let mut text = format!("{path}, {} lines in all\n{shown}", lines.len());
        if at <= until {
            text.push_str(&format!(
                "[lines {at}-{until} are not shown: read them by their numbers]\n"
            ));
        }
        let plural = if count == 1 { "line" } else { "lines" };
        Ok(outcome(true, text, format!("{count} {plural}")))
    }

    fn index(&mut self, scope: Scope, run: &Run<'_>) -> Result<&mut Index, String> {
        let mut index = match self.index.take() {
            Some(index) => index,
            None => Index::open(&self.place.index, &self.place.root).map_err(|e| e.to_string())?,
        };
        (run.progress)("reading what changed".to_owned());
        index.update(scope, run.cancel, &|_| ()).map_err(|error| error.to_string())?;
        Ok(self.index.insert(index))
    }

    pub(super) fn search(&mut self, query: &str, run: &Run<'_>) -> Result<Done, String> {
        let root = self.place.root.clone();
        let index = self.index(Scope::All, run)?;
        index.make_searchable(run.cancel, &|_| ()).map_err(|error| error.to_string())?;
        let snapshot = index.snapshot().map_err(|error| error.to_string())?;
        let graph = Graph::new(&snapshot, Linking::Imports);
        let found = find(index, &graph, query, &[], PLACES).map_err(|error| error.to_string())?;
        if found.is_empty() {
            return Err(format!("nothing here has the words {query:?}"));
        }
        let mut text = String::new();
        for place in &found {
            let signature = place.node.and_then(|node| graph.symbol(node)).map(|symbol| {
                (symbol.line.clamp(place.first, place.last), symbol.signature.clone())
            });
            let (line, shown) = signature.unwrap_or_else(|| {
                let text = crate::base::fs::read_text(&place.path.to_path(&root));
                first_words(&text.unwrap_or_default(), place.first, place.last)
            });
            text.push_str(&format!("{}:{line}: {shown}\n", place.path));
        }
        let text = head_and_tail(&text, self.room);
        Ok(outcome(true, text, format!("{} places", found.len())))
    }

    pub(super) fn map(&mut self, path: Option<&str>, run: &Run<'_>) -> Result<Done, String> {
        let below = path.map(|path| self.place_of(path)).transpose()?;
        let budget = self.room / 4;
        let snapshot =
            self.index(Scope::All, run)?.snapshot().map_err(|error| error.to_string())?;
        let inside = |file: &RepoPath| {
            below.as_ref().is_none_or(|below| {
                file.as_str()
                    .strip_prefix(below.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let mut snapshot = snapshot;
        snapshot.files.retain(|file| inside(&file.path));
        let graph = Graph::new(&snapshot, Linking::Imports);
        let mut count = |text: &str| estimate_tokens(text);
        let focus = Focus::default();
        let made = map(&graph, MapOptions { budget, focus, count: &mut count });
        let files: Vec<RepoPath> =
            walk::files(&self.place.root, run.cancel).into_iter().filter(inside).collect();
        if files.is_empty() {
            return Err("there is no file below that path".to_owned());
        }
        let mut text = made.text;
        if made.left_out > 0 {
            text.push_str(&format!("[{} more definitions have no room]\n", made.left_out));
        }
        let others = files.iter().filter(|file| !snapshot.files.iter().any(|f| f.path == **file));
        let others: Vec<&str> = others.map(RepoPath::as_str).collect();
        if !others.is_empty() {
            text.push_str(&format!("Other files: {}\n", others.join(" ")));
        }
        Ok(outcome(true, head_and_tail(&text, self.room), format!("{} files", files.len())))
    }

    pub(super) fn definition(&mut self, name: &str, run: &Run<'_>) -> Result<Done, String> {
        let snapshot =
            self.index(Scope::All, run)?.snapshot().map_err(|error| error.to_string())?;
        let graph = Graph::new(&snapshot, Linking::Imports);
        let found = named(&graph, name)?;
        let mut text = String::new();
        for node in found.iter().take(PLACES) {
            let Some(symbol) = graph.symbol(*node) else { continue };
            let path = &graph.file(*node).path;
            text.push_str(&format!("{path}:{}: {}\n", symbol.line, symbol.signature));
            if !symbol.doc.is_empty() {
                text.push_str(&format!("    {}\n", symbol.doc));
            }
        }
        Ok(outcome(true, head_and_tail(&text, self.room), format!("{} places", found.len())))
    }

    pub(super) fn uses(&mut self, name: &str, run: &Run<'_>) -> Result<Done, String> {
        let root = self.place.root.clone();
        let snapshot =
            self.index(Scope::All, run)?.snapshot().map_err(|error| error.to_string())?;
        let graph = Graph::new(&snapshot, Linking::Imports);
        let found = named(&graph, name)?;
        let mut lines: BTreeMap<RepoPath, Vec<u32>> = BTreeMap::new();
        for usage in lookup::usages(&graph, &found) {
            lines.entry(usage.path).or_default().extend(usage.lines);
        }
        let mut text = String::new();
        let mut count = 0;
        for (path, mut numbers) in lines {
            numbers.sort_unstable();
            numbers.dedup();
            let file = crate::base::fs::read_text(&path.to_path(&root)).unwrap_or_default();
            let all: Vec<&str> = file.lines().collect();
            for number in numbers.into_iter().filter(|number| *number > 0) {
                count += 1;
                if count <= USES {
                    let line = all.get(number as usize - 1).map_or("", |line| line.trim());
                    text.push_str(&format!("{path}:{number}: {line}\n"));
                }
            }
        }
        if count == 0 {
            return Err(format!("nobody uses {name}, as far as can be told"));
        }
        if count > USES {
            text.push_str(&format!("[{} more uses]\n", count - USES));
        }
        Ok(outcome(true, head_and_tail(&text, self.room), format!("{count} uses")))
    }
}

fn named(graph: &Graph<'_>, name: &str) -> Result<Vec<crate::repo::graph::NodeId>, String> {
    let found = lookup::find(graph, name.trim_end_matches("()"));
    if !found.is_empty() {
        return Ok(found);
    }
    let similar = lookup::similar(graph, name, 3);
    Err(match similar[..] {
        [] => format!("nothing here is called {name}; search looks for words"),
        _ => format!("nothing here is called {name}; did you mean {}?", similar.join(" or ")),
    })
}

fn first_words(text: &str, first: u32, last: u32) -> (u32, String) {
    let lines = (1..).zip(text.lines());
    let mut within = lines.filter(|(number, _)| (first..=last).contains(number));
    let telling = within.find(|(_, line)| line.chars().any(char::is_alphanumeric));
    telling.map_or((first, String::new()), |(number, line)| {
        (number, line.trim().chars().take(120).collect())
    })
}

//! Which of several names was probably meant.

/// Names of `candidates` that look like `target`, the likeliest first; equal ones are left out.
///
/// The score looks at spelling (transpositions count once), letter case, underscores, the words a
/// name is made of, prefixes and suffixes. What shares too little with the target is dropped.
pub fn similar_names<'a>(
    target: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let mut scored: Vec<(f64, usize, &str)> = candidates
        .into_iter()
        .enumerate()
        .filter(|(_, name)| *name != target && !name.is_empty())
        .filter_map(|(at, name)| {
            let score = badness(target, name);
            (score <= LIMIT).then_some((score, at, name))
        })
        .collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut out: Vec<&str> = Vec::new();
    for (_, _, name) in scored {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

/// Optimal string alignment distance: insertions, deletions, substitutions and transpositions of
/// neighbouring characters. Runs in `O(len(a) * len(b))`.
pub fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Above this, names are unrelated.
const LIMIT: f64 = 0.55;

/// 0: the same but for case and underscores; 1: nothing in common.
fn badness(target: &str, name: &str) -> f64 {
    let (a, b) = (fold(target), fold(name));
    if a == b {
        return 0.0;
    }
    let length = a.chars().count().max(b.chars().count());
    if length == 0 {
        return 1.0;
    }
    let mut score = distance(&a, &b) as f64 / length as f64;
    let shorter = a.len().min(b.len());
    if shorter >= 3 && (a.starts_with(&b) || b.starts_with(&a)) {
        score = score.min(0.3);
    }
    if shorter >= 3 && (a.ends_with(&b) || b.ends_with(&a)) {
        score = score.min(0.35);
    }
    let (ours, theirs) = (words(target), words(name));
    let shared = ours.iter().filter(|w| theirs.contains(w)).count();
    let all = ours.len().max(theirs.len());
    if shared == all {
        // The same words in another order.
        score = score.min(0.1);
    } else if all > 1 && shared > 0 {
        score = score.min(0.6 * (1.0 - shared as f64 / all as f64) + 0.05);
    }
    // Short names are all alike: one letter of two says little.
    let score = if length <= 2 { score.max(0.5) } else { score };
    // Between equals, the one that is fewer key strokes away.
    score + 0.002 * distance(target, name).min(20) as f64
}

fn fold(name: &str) -> String {
    name.chars().filter(|&c| c != '_').flat_map(char::to_lowercase).collect()
}

/// The words of `snake_case` or `camelCase`, in lower case, sorted.
fn words(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut lower = false;
    let mut open = false;
    for c in name.chars() {
        if c == '_' {
            open = false;
            lower = false;
            continue;
        }
        if !open || (c.is_uppercase() && lower) {
            out.push(String::new());
        }
        open = true;
        lower = c.is_lowercase() || c.is_numeric();
        if let Some(word) = out.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    out.sort();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("total", "toatl"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("é", "e"), 1);
    }

    #[test]
    fn ranks_what_was_meant_first() {
        let ranked = similar_names("user_nmae", ["user_id", "username", "user_name", "total"]);
        assert_eq!(ranked[..2], ["user_name", "username"]);
        assert!(!ranked.contains(&"total"));
        assert_eq!(similar_names("getItem", ["get_item", "set_item"])[0], "get_item");
        assert_eq!(similar_names("count", ["count_all", "x", "count"]), ["count_all"]);
        assert_eq!(similar_names("start_time", ["time_start", "end_time"])[0], "time_start");
        assert_eq!(similar_names("abc", ["xyz"]), Vec::<&str>::new());
    }
}

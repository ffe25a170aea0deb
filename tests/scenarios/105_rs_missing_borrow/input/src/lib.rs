//! Boxes around text.

fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| line.chars().count()).max().unwrap_or(0)
}

fn edge(width: usize) -> String {
    format!("+{}+", "-".repeat(width + 2))
}

/// Frames each line of `text`.
pub fn frame(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(str::to_string).collect();
    let width = widest(lines);
    let mut out = vec![edge(width)];
    for line in &lines {
        out.push(format!("| {line:width$} |"));
    }
    out.push(edge(width));
    out.join("\n")
}

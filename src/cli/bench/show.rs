//! The report as a table for people.

use super::Report;
use super::edits::Gain;
use super::statistics::Times;
use crate::base::{sanitize, size};
use crate::cli::report;

/// Prints all of it.
pub(super) fn show(found: &Report) {
    for line in lines(found) {
        report::line(&sanitize(&line));
    }
}

fn lines(found: &Report) -> Vec<String> {
    let Report { model, prefill, decode, ttft, .. } = found;
    let mut out = vec![
        format!(
            "{}: {} parameters, {}, {} threads, {} rounds",
            model.name,
            millions(model.parameters),
            size(model.bytes),
            found.threads,
            found.rounds
        ),
        format!("{:<34}{:>10}{:>10}{:>10}{:>10}", "", "p50", "p95", "p99", "tokens/s"),
    ];
    let mut row = |name: &str, times: &Times, speed: Option<f64>| {
        let [p50, p95, p99] = [times.p50, times.p95, times.p99].map(milliseconds);
        let speed = speed.map(|speed| format!("{speed:>10.1}")).unwrap_or_default();
        out.push(format!("{name:<34}{p50:>10}{p95:>10}{p99:>10}{speed}"));
    };
    row("loading", &found.load_ms, None);
    if let Some(prefill) = prefill {
        let name = format!("reading {} tokens", prefill.tokens);
        row(&name, &prefill.ms, Some(prefill.tokens_per_second));
    }
    if let Some(decode) = decode {
        row("writing a token", &decode.token_ms, Some(decode.tokens_per_second));
    }
    if let Some(ttft) = ttft {
        row(&format!("first token after {}", ttft.cold.tokens), &ttft.cold.ms, None);
        let memory = &ttft.memory;
        row(&format!("  {} of them in memory", memory.kept), &memory.ms, None);
        let restart = &ttft.restart;
        row(&format!("  restarted, {} from disk", restart.restored), &restart.ms, None);
    }
    let gains = [("an edit", "edits", &found.edit), ("prose", "prose", &found.prose)];
    let gains = gains.iter().filter_map(|(one, all, gain)| Some((one, all, gain.as_ref()?)));
    for (name, _, gain) in gains.clone() {
        row(&format!("{name}, no proposals"), &gain.plain_ms, Some(gain.plain_tokens_per_second));
        let speed = gain.proposals_tokens_per_second;
        row(&format!("{name}, proposals"), &gain.proposals_ms, Some(speed));
    }
    for width in &found.n_best {
        row(&format!("{} completions at once", width.n), &width.ms, Some(width.tokens_per_second));
    }
    for cost in &found.grammar {
        row(&format!("a token, grammar: {}", cost.grammar), &cost.token_ms, None);
    }
    for (_, name, gain) in gains {
        out.push(gained(name, gain));
    }
    for cost in &found.grammar {
        out.push(format!("grammar {}: {:+.1} % a token", cost.grammar, cost.overhead_percent));
    }
    if let Some(memory) = &found.memory {
        out.push(format!(
            "memory: {} at most; {} its own, {} of mapped files",
            size(memory.peak),
            size(memory.own),
            size(memory.mapped)
        ));
    }
    if let Some(peer) = &found.against {
        let peak = peer.peak_bytes.map(|peak| format!(", {}", size(peak))).unwrap_or_default();
        out.push(format!("llama-bench {}: {}{peak}", peer.build, peer.program));
        for (name, speed, ratio) in [
            ("reading", peer.prefill, peer.prefill_ratio),
            ("writing", peer.decode, peer.decode_ratio),
        ] {
            out.push(format!(
                "  {name}: {speed:.1} tokens/s, slm is x{:.3} of it ({:.3} to {:.3})",
                ratio.median, ratio.low, ratio.high
            ));
        }
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "counts of tokens")]
fn gained(what: &str, gain: &Gain) -> String {
    let share = 100.0 * gain.accepted as f64 / gain.drafted.max(1) as f64;
    let ratio = gain.ratio;
    format!(
        "proposals, {what}: x{:.2} ({:.2} to {:.2}), {share:.0} % of {} proposed tokens taken",
        ratio.median, ratio.low, ratio.high, gain.drafted
    )
}

fn milliseconds(ms: f64) -> String {
    if ms < 1000.0 { format!("{ms:.1} ms") } else { format!("{:.2} s", ms / 1e3) }
}

#[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
fn millions(count: u64) -> String {
    if count < 1_000_000 { count.to_string() } else { format!("{:.0} million", count as f64 / 1e6) }
}

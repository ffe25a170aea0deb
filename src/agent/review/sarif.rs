//! Findings as SARIF 2.1.0 (OASIS), for other tools.

use serde_json::{Value, json};

use super::finding::{Finding, Severity};
use super::rules::RULES;
use crate::base::{LineIndex, Replacement};

/// A log of one run. Paths stay relative to the repository's root; `text_of` gives the text of a file
/// after the change, for places of patches.
pub fn sarif(
    findings: &[Finding],
    version: &str,
    text_of: impl Fn(&str) -> Option<String>,
) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.why },
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, &text_of)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "slm", "version": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "SRCROOT": { "description": { "text": "The root of the repository" } } },
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocks => "error",
        Severity::Warns => "warning",
        Severity::Informs => "note",
    }
}

fn result(finding: &Finding, text_of: &impl Fn(&str) -> Option<String>) -> Value {
    let index = RULES.iter().position(|rule| *rule == finding.rule).unwrap_or_default();
    let mut region = json!({
        "startLine": finding.lines.start().0,
        "endLine": finding.lines.end().0,
        "snippet": { "text": finding.evidence },
    });
    if let Some((start, end)) = finding.columns {
        region["startColumn"] = start.into();
        region["endColumn"] = end.into();
    }
    let artifact = json!({ "uri": uri(&finding.path), "uriBaseId": "SRCROOT" });
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": finding.message },
        "locations": [{ "physicalLocation": { "artifactLocation": artifact, "region": region } }],
        "partialFingerprints": { "slmFinding/v1": finding.fingerprint },
        // A rank is a percentage; `f32` would bring its noise into the text.
        "rank": (f64::from(finding.confidence) * 1000.0).round() / 10.0,
    });
    if let Some(text) = text_of(&finding.path).filter(|_| !finding.patch.is_empty()) {
        result["fixes"] = json!([{
            "description": { "text": finding.rule.title },
            "artifactChanges": [{
                "artifactLocation": artifact,
                "replacements": finding.patch.iter().map(|r| replacement(r, &text)).collect::<Vec<_>>(),
            }],
        }]);
    }
    result
}

fn replacement(replacement: &Replacement, text: &str) -> Value {
    let lines = LineIndex::new(text);
    let place = |offset: usize| {
        let line = lines.line(offset);
        let start = lines.span(line).map_or(0, |span| span.start);
        (line.0, text.get(start..offset).unwrap_or_default().chars().count() + 1)
    };
    let (start, end) = (place(replacement.span.start), place(replacement.span.end));
    json!({
        "deletedRegion": { "startLine": start.0, "startColumn": start.1, "endLine": end.0, "endColumn": end.1 },
        "insertedContent": { "text": replacement.text },
    })
}

/// RFC 3986: what is not unreserved is percent-encoded, so that a path is never an address.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.trim_start_matches('/').bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::review::testing::found;

    /// What the schema requires of the parts that are there.
    fn check(log: &Value) {
        assert_eq!(log["version"], "2.1.0");
        for run in log["runs"].as_array().unwrap() {
            assert!(run["tool"]["driver"]["name"].is_string());
            let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
            assert!(rules.iter().all(|rule| rule["id"].is_string()));
            for result in run["results"].as_array().unwrap() {
                assert!(result["message"]["text"].is_string());
                assert!(
                    ["none", "note", "warning", "error"]
                        .contains(&result["level"].as_str().unwrap())
                );
                let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
                assert_eq!(rules[index]["id"], result["ruleId"]);
                let place = &result["locations"][0]["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().unwrap();
                assert!(!uri.starts_with('/') && !uri.contains([' ', ':', '\n']), "{uri}");
                assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
                assert!((0.0..=100.0).contains(&result["rank"].as_f64().unwrap()));
                for fix in result["fixes"].as_array().into_iter().flatten() {
                    for change in fix["artifactChanges"].as_array().unwrap() {
                        assert!(change["artifactLocation"]["uri"].is_string());
                        let replacements = change["replacements"].as_array().unwrap();
                        assert!(!replacements.is_empty());
                        assert!(
                            replacements
                                .iter()
                                .all(|r| r["deletedRegion"]["startLine"].as_u64().unwrap() >= 1)
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn has_what_the_schema_requires() {
        let text = "def f(x):\n    return x is 'é'\n";
        let mut all = found("src/a b.py", "", text);
        all.extend(found("x\ny.py", "", "breakpoint()\n"));
        let log = sarif(&all, "1.2.3", |_| Some(text.to_owned()));
        check(&log);
        let first = &log["runs"][0]["results"][0];
        assert_eq!(first["level"], "error");
        assert_eq!(
            first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "src/a%20b.py"
        );
        let region = &first["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"];
        assert_eq!(
            (region["startLine"].as_u64(), region["startColumn"].as_u64()),
            (Some(2), Some(14))
        );
        check(&sarif(&[], "1.2.3", |_| None));
    }
}

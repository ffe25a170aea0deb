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

    /// Of each object of the schema of 2.1.0 that is written here: what it must have, and what else it may have
    /// of what is written.
    const OBJECTS: &[(&str, &[&str], &[&str])] = &[
        ("sarifLog", &["version", "runs"], &["$schema"]),
        ("run", &["tool"], &["results", "columnKind", "originalUriBaseIds"]),
        ("tool", &["driver"], &[]),
        ("toolComponent", &["name"], &["version", "rules"]),
        (
            "reportingDescriptor",
            &["id"],
            &["shortDescription", "fullDescription", "defaultConfiguration"],
        ),
        ("reportingConfiguration", &[], &["level"]),
        ("multiformatMessageString", &["text"], &[]),
        (
            "result",
            &["message"],
            &["ruleId", "ruleIndex", "level", "locations", "partialFingerprints", "rank", "fixes"],
        ),
        ("message", &["text"], &[]),
        ("location", &[], &["physicalLocation"]),
        ("physicalLocation", &["artifactLocation"], &["region"]),
        ("artifactLocation", &[], &["uri", "uriBaseId", "description"]),
        ("region", &["startLine"], &["startColumn", "endLine", "endColumn", "snippet"]),
        ("artifactContent", &["text"], &[]),
        ("fix", &["artifactChanges"], &["description"]),
        ("artifactChange", &["artifactLocation", "replacements"], &[]),
        ("replacement", &["deletedRegion"], &["insertedContent"]),
    ];

    /// The object that stands under a key of another.
    fn object_of(key: &str) -> Option<&'static str> {
        Some(match key {
            "runs" => "run",
            "tool" => "tool",
            "driver" => "toolComponent",
            "rules" => "reportingDescriptor",
            "shortDescription" | "fullDescription" => "multiformatMessageString",
            "defaultConfiguration" => "reportingConfiguration",
            "results" => "result",
            "message" | "description" => "message",
            "locations" => "location",
            "physicalLocation" => "physicalLocation",
            "artifactLocation" | "SRCROOT" => "artifactLocation",
            "region" | "deletedRegion" => "region",
            "snippet" | "insertedContent" => "artifactContent",
            "fixes" => "fix",
            "artifactChanges" => "artifactChange",
            "replacements" => "replacement",
            _ => return None,
        })
    }

    fn fits(value: &Value, name: &str) {
        let (_, must, may) = OBJECTS.iter().find(|o| o.0 == name).unwrap();
        let object = value.as_object().unwrap_or_else(|| panic!("{name} is an object: {value}"));
        assert!(must.iter().all(|key| object.contains_key(*key)), "{name}: {value}");
        for (key, inner) in object {
            assert!(must.contains(&key.as_str()) || may.contains(&key.as_str()), "{name}.{key}");
            let inner_name = object_of(key);
            match inner {
                Value::Array(items) => items.iter().for_each(|i| fits(i, inner_name.unwrap())),
                // A map from names that are not the schema's.
                Value::Object(map) if key == "originalUriBaseIds" => {
                    map.iter().for_each(|(key, i)| fits(i, object_of(key).unwrap()));
                }
                Value::Object(map) if key == "partialFingerprints" => {
                    assert!(map.values().all(Value::is_string));
                }
                Value::Object(_) => fits(inner, inner_name.unwrap()),
                _ => {}
            }
        }
    }

    /// What the schema says of values.
    fn check(log: &Value) {
        fits(log, "sarifLog");
        assert_eq!(log["version"], "2.1.0");
        for run in log["runs"].as_array().unwrap() {
            assert_eq!(run["columnKind"], "unicodeCodePoints");
            let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
            let mut ids: Vec<&str> = rules.iter().map(|r| r["id"].as_str().unwrap()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), rules.len(), "each rule once");
            for result in run["results"].as_array().unwrap() {
                assert!(
                    ["none", "note", "warning", "error"]
                        .contains(&result["level"].as_str().unwrap())
                );
                let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
                assert_eq!(rules[index]["id"], result["ruleId"]);
                let place = &result["locations"][0]["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().unwrap();
                assert!(!uri.starts_with('/') && !uri.contains([' ', ':', '\n']), "{uri}");
                in_order(&place["region"]);
                assert!((0.0..=100.0).contains(&result["rank"].as_f64().unwrap()));
                for fix in result["fixes"].as_array().into_iter().flatten() {
                    for change in fix["artifactChanges"].as_array().unwrap() {
                        let replacements = change["replacements"].as_array().unwrap();
                        assert!(!replacements.is_empty(), "at least one");
                        replacements.iter().for_each(|r| in_order(&r["deletedRegion"]));
                    }
                }
            }
        }
    }

    /// Lines and columns count from 1, and do not end before they start.
    fn in_order(region: &Value) {
        let of = |key: &str, default| region[key].as_u64().unwrap_or(default);
        let start = (of("startLine", 0), of("startColumn", 1));
        assert!(start.0 >= 1 && start.1 >= 1, "{region}");
        assert!((of("endLine", start.0), of("endColumn", u64::MAX)) >= start, "{region}");
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

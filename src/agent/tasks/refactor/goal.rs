//! The two narrow things a model is asked for: a plan for a goal, as steps that slm knows, and new lines of one
//! definition. Both under a grammar; what comes out is read as data and checked like everything else.

use std::collections::BTreeSet;

use super::wish::{self, Target, Wish};
use super::{PlanError, Planned, Tree, opportunities, target, with_patch};
use crate::agent::candidates::model::{clip, filled, numbered, parse_answer};
use crate::agent::sources::Source;
use crate::base::{Cancel, Line, Replacement, RepoPath, Span};
use crate::engine::{Engine, EngineError, GenerateRequest, Message, Role, Sampling, quote};
use crate::refactor::{self, Reason, Refusal, Step};
use crate::syntax;

const PLAN_SYSTEM: &str = include_str!("../../../../prompts/refactor_plan_system.md");
const PLAN_REQUEST: &str = include_str!("../../../../prompts/refactor_plan_request.md");
const PLAN_GRAMMAR: &str = include_str!("../../../../grammars/refactor_plan.gbnf");
const EDIT_SYSTEM: &str = include_str!("../../../../prompts/refactor_edit_system.md");
const EDIT_REQUEST: &str = include_str!("../../../../prompts/refactor_edit_request.md");
const EDIT_GRAMMAR: &str = include_str!("../../../../grammars/line_edit.gbnf");

/// Tokens of a plan, and of new lines.
const PLAN: usize = 200;
const EDIT: usize = 800;
/// Characters of a file that a plan is made from.
const SHOWN: usize = 12_000;
/// Names and noticed things that are told.
const NAMES: usize = 60;
const NOTICED: usize = 8;
/// Tries at new lines of a definition.
const TRIES: usize = 4;

/// The steps that a model plans for `goal`; those that make no sense are left out.
///
/// # Errors
/// When the engine fails, or has no way to be asked.
pub fn plan_goal(
    engine: &mut dyn Engine,
    tree: &Tree,
    path: &RepoPath,
    goal: &str,
    cancel: &Cancel,
) -> Result<Vec<Wish>, EngineError> {
    let Some(source) = tree.sources().get(path) else { return Ok(Vec::new()) };
    let names = names(&source);
    let noticed = opportunities(tree, path).unwrap_or_default();
    let noticed: Vec<String> = noticed
        .iter()
        .take(NOTICED)
        .map(|entry| format!("- line {}: {}", entry.lines.0, entry.smell.message))
        .collect();
    let last = u32::try_from(source.lines.count()).unwrap_or(u32::MAX);
    let request = filled(
        PLAN_REQUEST,
        &[
            ("{path}", path.as_str()),
            ("{code}", &clip(&numbered(&source, 1, last), SHOWN)),
            ("{noticed}", &noticed.join("\n")),
            ("{symbols}", &names.iter().cloned().collect::<Vec<_>>().join(", ")),
            ("{goal}", goal),
        ],
    );
    let answer = ask(
        engine,
        PLAN_SYSTEM,
        &request,
        &GenerateRequest {
            max_tokens: PLAN,
            sampling: Sampling::Greedy,
            grammar: Some(plan_grammar(&names)),
            ..GenerateRequest::default()
        },
        cancel,
    )?;
    let lines = answer.first().map(String::as_str).unwrap_or_default().lines();
    Ok(lines.filter_map(|line| wish::read(line).ok()).collect())
}

/// New lines of one definition, as a model writes them: the first of its tries that stays inside the definition
/// and parses.
///
/// # Errors
/// When the engine fails. The inner result says why there is no step.
pub fn write_edit(
    engine: &mut dyn Engine,
    tree: &Tree,
    (path, at, how): (&RepoPath, &Target, &str),
    cancel: &Cancel,
) -> Result<Result<Planned, PlanError>, EngineError> {
    let Some(source) = tree.sources().get(path) else {
        return Ok(Err(PlanError::NotFound(format!("{path} is no source file that slm can read"))));
    };
    let Target::Symbol(name) = at else {
        return Ok(Err(PlanError::NotFound(
            "an edit is about a symbol: edit SYMBOL: what to do".to_owned(),
        )));
    };
    let declared = match target::symbol(&source, name) {
        Ok(span) => span,
        Err(why) => return Ok(Err(PlanError::NotFound(why))),
    };
    let whole = definition(&source, declared);
    let (first, last) =
        (source.lines.line(whole.start).0, source.lines.line(whole.end.max(1) - 1).0);
    let request = filled(
        EDIT_REQUEST,
        &[("{path}", path.as_str()), ("{code}", &numbered(&source, first, last)), ("{how}", how)],
    );
    let shown = whole.of(&source.text).unwrap_or_default();
    let answers = ask(
        engine,
        EDIT_SYSTEM,
        &request,
        &GenerateRequest {
            n: TRIES,
            max_tokens: EDIT,
            sampling: Sampling::Nucleus { temperature: 0.5, top_p: 0.95, top_k: 40, seed: 1 },
            grammar: Some(EDIT_GRAMMAR.to_owned()),
            lookup: vec![quote(shown)],
            ..GenerateRequest::default()
        },
        cancel,
    )?;
    let edit = answers.iter().find_map(|answer| lines(&source, (first, last), answer));
    let Some(edit) = edit else {
        let refusal =
            Refusal::new(Reason::NotHere, format!("the model wrote nothing usable for `{name}`"));
        return Ok(Err(PlanError::Refused(refusal)));
    };
    let mut step = Step::new(format!("Edit {name}: {how}"));
    step.replace(path, edit);
    step.notes.push("written by the model: read it".to_owned());
    Ok(with_patch(tree, step, None, format!("edit {name}: {how}"), false))
}

/// The replacement that an answer asks for, when it stays within the lines and parses.
fn lines(source: &Source, (first, last): (u32, u32), answer: &str) -> Option<Replacement> {
    let (from, to, text) = parse_answer(answer)?;
    (first <= from && from <= to && to <= last).then_some(())?;
    let (start, end) = (source.lines.span(Line(from))?.start, source.lines.span(Line(to))?.end);
    let old = source.text.get(start..end)?;
    let text =
        if old.ends_with('\n') { format!("{}\n", text.trim_end_matches('\n')) } else { text };
    if text.trim() == old.trim() {
        return None;
    }
    let edit = Replacement { span: Span::new(start, end), text };
    let after = crate::base::splice(&source.text, std::slice::from_ref(&edit)).ok()?;
    syntax::parses_no_worse(&source.parsed, &after).then_some(edit)
}

/// The whole definition of a declared name: its function, or what the bindings call it.
fn definition(source: &Source, declared: Span) -> Span {
    let functions = source.functions.iter().filter(|function| function.span.contains(declared));
    let function = functions.min_by_key(|function| function.span.len()).map(|f| f.span);
    let bindings = refactor::bindings(&source.parsed).unwrap_or_default();
    let bound = bindings.bound.iter().find(|bound| bound.declared == declared).map(|b| b.whole);
    bound.or(function).unwrap_or(declared)
}

/// Names worth planning with: functions and classes.
fn names(source: &Source) -> BTreeSet<String> {
    let functions = source.functions.iter().map(|f| f.qualified.replace("::", "."));
    let classes = source.functions.iter().filter_map(|f| f.class.clone());
    let plain = |name: &String| name.chars().all(|c| c.is_alphanumeric() || "_.$".contains(c));
    functions.chain(classes).filter(plain).take(NAMES).collect()
}

/// The grammar of plans, with the names of the file as the only symbols.
fn plan_grammar(names: &BTreeSet<String>) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let symbol = if quoted.is_empty() { "name".to_owned() } else { quoted.join(" | ") };
    format!("{PLAN_GRAMMAR}symbol ::= {symbol}\n")
}

fn ask(
    engine: &mut dyn Engine,
    system: &str,
    request: &str,
    generate: &GenerateRequest,
    cancel: &Cancel,
) -> Result<Vec<String>, EngineError> {
    let messages = [
        Message { role: Role::System, content: system.to_owned() },
        Message { role: Role::User, content: quote(request) },
    ];
    let prompt = engine.chat_prompt(&messages)?;
    let request = GenerateRequest { prompt, ..generate.clone() };
    let answers = engine.generate(&request, cancel, &mut |_, _| {})?;
    Ok(answers.into_iter().map(|answer| answer.text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Patch;
    use crate::engine::Scripted;
    use crate::engine::grammar::Grammar;

    const SHOP: &str = "def total(items):\n    result = 0\n    for item in items:\n        result = result + item\n    return result\n";

    fn shop() -> (tempfile::TempDir, Tree, RepoPath) {
        let dir = tempfile::tempdir().unwrap();
        crate::base::fs::write(&dir.path().join("shop.py"), SHOP).unwrap();
        let path = RepoPath::new("shop.py").unwrap();
        let tree = Tree::new(dir.path(), vec![path.clone()], Patch::default());
        (dir, tree, path)
    }

    #[test]
    fn a_plan_is_steps_and_nothing_else() {
        let (_dir, tree, path) = shop();
        let mut engine = Scripted::new()
            .when("Goal: tidy", &["rename total to sum_of\nrm -rf /\nedit total: use sum"]);
        let plan = plan_goal(&mut engine, &tree, &path, "tidy", &Cancel::new()).unwrap();
        let shown: Vec<String> = plan.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["rename total to sum_of", "edit total: use sum"]);
    }

    #[test]
    fn the_grammar_holds_the_names_of_the_file() {
        let names = ["total".to_owned(), "Cart.add".to_owned()].into();
        let grammar = plan_grammar(&names);
        assert!(Grammar::parse(&grammar).is_ok());
        assert!(grammar.contains("\"Cart.add\" | \"total\""));
    }

    #[test]
    fn new_lines_stay_inside_the_definition() {
        let (_dir, tree, path) = shop();
        let at = Target::Symbol("total".to_owned());
        let answer = "LINES 2-5\n```\n    return sum(items)\n```";
        let outside = "LINES 1-9\n```\nx\n```";
        let broken = "LINES 2-5\n```\n    return sum(items\n```";
        let mut engine = Scripted::new().when("use sum", &[outside, broken, answer]);
        let declared = target::symbol(&tree.sources().get(&path).unwrap(), "total");
        let written =
            write_edit(&mut engine, &tree, (&path, &at, "use sum"), &Cancel::new()).unwrap();
        match declared {
            // What declares names is the languages' own; without it nothing is written.
            Err(_) => assert!(written.is_err()),
            Ok(_) => assert_eq!(
                written.unwrap().texts[&path],
                "def total(items):\n    return sum(items)\n"
            ),
        }
    }
}

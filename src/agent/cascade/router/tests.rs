//! The router, asked as a search asks it.

use super::*;

fn here() -> Present {
    let present = Presence::Here;
    Present { ranking: present.clone(), model: present.clone(), endpoint: present }
}

fn nobody() -> Present {
    let absent = |why: &str| Presence::Absent(why.to_owned());
    Present { ranking: absent("no model"), model: absent("no model"), endpoint: absent("none") }
}

/// A search of a Python failure that has just begun.
fn known() -> Known {
    Known {
        understood: true,
        language: Some(Language::Python),
        suspects: 20,
        left: Duration::from_secs(60),
        confidence: Some(0.9),
        ..Known::default()
    }
}

fn router(settings: Settings) -> Router {
    Router::new(settings, here())
}

/// What a stage is told, in a word; those that are quick begin at once.
fn word(router: &mut Router, stage: Stage, known: &Known) -> &'static str {
    match router.turn(stage, known) {
        Turn::Now(_) => {
            if router.escalation(stage).is_none() {
                router.begun(stage);
            }
            "now"
        }
        Turn::Later => "later",
        Turn::Never(_) => "never",
        Turn::Over => "over",
    }
}

fn reason(turn: Turn) -> String {
    match turn {
        Turn::Now(decision) | Turn::Never(decision) => decision.reason.text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_models_rules_and_the_search_come_at_once_and_the_rest_says_why_not() {
    let mut router = Router::new(Settings::default(), nobody());
    for stage in [Stage::Rules, Stage::Search] {
        assert_eq!(word(&mut router, stage, &known()), "now");
        assert_eq!(word(&mut router, stage, &known()), "over");
    }
    let closed = router.close(&known());
    let told: Vec<_> = closed.iter().map(|d| (d.stage, d.taken, d.reason.text.as_str())).collect();
    let wanted = [
        (Stage::Ranking, false, "no model"),
        (Stage::Model, false, "no model"),
        (Stage::Endpoint, false, "none"),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_local_model_writes_after_the_first_batch_and_the_endpoint_waits_for_it() {
    let mut router = router(Settings::default());
    assert_eq!(word(&mut router, Stage::Model, &known()), "later");
    word(&mut router, Stage::Rules, &known());
    assert_eq!(word(&mut router, Stage::Model, &known()), "later");
    assert!(matches!(router.turn(Stage::Search, &known()), Turn::Now(_)));
    assert_eq!(word(&mut router, Stage::Ranking, &known()), "now");
    assert_eq!(word(&mut router, Stage::Model, &known()), "later", "the first batch is being made");
    router.begun(Stage::Search);
    assert_eq!(word(&mut router, Stage::Model, &known()), "now");
    let late = Known { searched: ENDPOINT_AFTER, ..known() };
    assert_eq!(word(&mut router, Stage::Endpoint, &late), "later", "the model is still at it");
    router.ended(Stage::Model);
    assert_eq!(word(&mut router, Stage::Endpoint, &known()), "later");
    assert_eq!(word(&mut router, Stage::Endpoint, &late), "now");
}

#[test]
fn any_condition_that_holds_is_enough_and_is_named() {
    let endpoint = Escalation {
        after: Some(Duration::from_secs(5)),
        candidates: Some(200),
        below: Some(0.4),
        only: Vec::new(),
    };
    let settings = Settings { order: vec![Stage::Endpoint], endpoint, ..Settings::default() };
    let ask = |known: Known| router(settings.clone()).turn(Stage::Endpoint, &known);
    assert_eq!(ask(known()), Turn::Later);
    let by = |known: Known| reason(ask(known));
    assert!(by(Known { checked: 200, ..known() }).contains("200 candidates"));
    assert!(by(Known { confidence: Some(0.31), ..known() }).contains("31 of 100"));
    assert!(by(Known { searched: Duration::from_secs(5), ..known() }).contains("5 s of searching"));
    assert!(by(Known { idle: true, ..known() }).contains("nothing that costs less"));
    let unknown = Known { confidence: None, checked: 199, ..known() };
    assert_eq!(ask(unknown), Turn::Later, "no chance is known: that is no condition");
}

#[test]
fn who_cannot_help_is_not_asked() {
    let only = Escalation { only: vec![Language::Rust, Language::Go], ..Escalation::default() };
    let settings = Settings { order: vec![Stage::Model], model: only, ..Settings::default() };
    let ask = |settings: &Settings, known: Known| {
        reason(router(settings.clone()).turn(Stage::Model, &known))
    };
    let other = ask(&settings, known());
    assert!(other.contains("Rust") && other.contains("Python"), "{other}");
    let any = Settings { model: Escalation::default(), ..settings };
    assert!(ask(&any, Known { understood: false, ..known() }).contains("not understood"));
    assert!(ask(&any, Known { suspects: 0, ..known() }).contains("suspected"));
    let late = Known { left: Duration::from_millis(300), ..known() };
    assert!(ask(&any, late).contains("too late"));
    let without = Settings { order: vec![Stage::Rules], ..Settings::default() };
    assert!(ask(&without, known()).contains("leaves it out"));
}

#[test]
fn what_has_passed_makes_the_dearer_ones_wait_and_ends_them() {
    let mut router = router(Settings::default());
    word(&mut router, Stage::Rules, &known());
    word(&mut router, Stage::Search, &known());
    let passed = Known { passed: Some(0.95), ..known() };
    assert_eq!(word(&mut router, Stage::Model, &passed), "later");
    let idle = Known { idle: true, ..passed.clone() };
    assert_eq!(word(&mut router.clone(), Stage::Model, &idle), "never", "nothing is under way");
    // It was taken back.
    assert_eq!(word(&mut router.clone(), Stage::Model, &known()), "now");
    let closed = router.close(&passed);
    let model = closed.iter().find(|d| d.stage == Stage::Model).unwrap();
    assert!(!model.taken && model.reason.text.contains("95 of 100"), "{model:?}");
    assert_eq!(router.close(&passed), [], "said once");
}

#[test]
fn another_order_is_kept() {
    let order = vec![Stage::Rules, Stage::Endpoint, Stage::Model, Stage::Search];
    let endpoint = Escalation::default();
    let mut router = router(Settings { order, endpoint, ..Settings::default() });
    word(&mut router, Stage::Rules, &known());
    assert_eq!(word(&mut router, Stage::Search, &known()), "later");
    assert_eq!(word(&mut router, Stage::Model, &known()), "later");
    assert_eq!(word(&mut router, Stage::Endpoint, &known()), "now");
    assert_eq!(word(&mut router, Stage::Model, &known()), "later");
    router.ended(Stage::Endpoint);
    assert_eq!(word(&mut router, Stage::Model, &known()), "now");
    assert_eq!(word(&mut router, Stage::Search, &known()), "later");
    router.ended(Stage::Model);
    assert_eq!(word(&mut router, Stage::Search, &known()), "now");
}

#[test]
fn whoever_is_absent_holds_nobody_up() {
    let order = vec![Stage::Model, Stage::Search];
    let mut router = Router::new(Settings { order, ..Settings::default() }, nobody());
    assert_eq!(word(&mut router, Stage::Search, &known()), "later");
    assert_eq!(word(&mut router, Stage::Model, &known()), "never");
    assert_eq!(word(&mut router, Stage::Search, &known()), "now");
}

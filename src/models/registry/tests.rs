//! The list: what each change does, what is refused, and what no sequence of changes can break.

use std::path::Path;

use proptest::prelude::*;

use super::testing::{adapter, digest, facts, name, vectors, version};
use super::*;
use crate::models::adapters::Scale;

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

fn labels(registry: &Registry, model: &str) -> Vec<String> {
    let model = registry.model(&name(model)).unwrap();
    model.versions.iter().map(|version| version.label.to_string()).collect()
}

fn current(registry: &Registry, model: &str) -> String {
    registry.model(&name(model)).unwrap().current.to_string()
}

/// One model with versions 1, 2 and 3, used for chats.
fn three() -> Registry {
    let mut registry = Registry::default();
    for number in 1..=3 {
        registry.add(&name("m"), version(number, facts())).unwrap();
    }
    registry.use_for(Role::Chat, Some(&name("m"))).unwrap();
    registry
}

#[test]
fn a_new_file_is_a_new_version_and_the_same_is_none() {
    let mut registry = Registry::default();
    let first = registry.add(&name("m"), version(1, facts())).unwrap();
    assert_eq!(first, Added::New { label: label("1"), replaced: None });
    let second = registry.add(&name("m"), version(2, facts())).unwrap();
    assert_eq!(second, Added::New { label: label("2"), replaced: Some(label("1")) });
    assert_eq!(current(&registry, "m"), "2");
    registry.roll_back(&name("m"), None).unwrap();
    let before = registry.clone();
    let again = registry.add(&name("m"), version(2, facts())).unwrap();
    assert_eq!(again, Added::Known(label("2")));
    assert_eq!(registry, before);
}

#[test]
fn labels_are_counted_or_given() {
    let mut registry = Registry::default();
    let given = |number, text| NewVersion { label: Some(label(text)), ..version(number, facts()) };
    registry.add(&name("m"), given(1, "2026.1")).unwrap();
    registry.add(&name("m"), given(2, "7")).unwrap();
    registry.add(&name("m"), version(3, facts())).unwrap();
    assert_eq!(labels(&registry, "m"), ["2026.1", "7", "8"]);
    let before = registry.clone();
    let taken = registry.add(&name("m"), given(4, "7")).unwrap_err();
    assert!(matches!(taken, RegistryError::LabelTaken { .. }), "{taken}");
    assert_eq!(registry, before);
    registry.add(&name("n"), given(4, &u32::MAX.to_string())).unwrap();
    registry.add(&name("n"), version(5, facts())).unwrap();
    assert_eq!(current(&registry, "n"), "4294967296");
}

#[test]
fn a_model_is_used_only_for_what_it_can_do() {
    let mut registry = Registry::default();
    registry.add(&name("writer"), version(1, facts())).unwrap();
    registry.add(&name("vectors"), version(2, vectors())).unwrap();
    let plain = Facts { template: false, fim: false, ..facts() };
    registry.add(&name("plain"), version(3, plain)).unwrap();
    let can = |model: &str| -> Vec<Role> {
        let mut registry = registry.clone();
        let model = name(model);
        Role::ALL.into_iter().filter(|&role| registry.use_for(role, Some(&model)).is_ok()).collect()
    };
    assert_eq!(can("writer"), [Role::Repair, Role::Complete, Role::Chat]);
    assert_eq!(can("vectors"), [Role::Embed]);
    assert_eq!(can("plain"), [Role::Repair]);
    let mut used = registry.clone();
    let refused = used.use_for(Role::Chat, Some(&name("plain"))).unwrap_err().to_string();
    assert!(refused.contains("plain 1 cannot be used for chat: it has no template"), "{refused}");
    assert!(used.use_for(Role::Chat, Some(&name("nothing"))).is_err());
    assert_eq!(used, registry);
    used.use_for(Role::Chat, Some(&name("writer"))).unwrap();
    assert_eq!(used.for_role(Role::Chat).unwrap().model.name, name("writer"));
    used.use_for(Role::Chat, None).unwrap();
    assert_eq!(used.for_role(Role::Chat), None);
}

#[test]
fn a_rollback_goes_to_what_was_used_before() {
    let mut registry = three();
    let moved = registry.roll_back(&name("m"), None).unwrap();
    assert_eq!(moved, Moved { from: label("3"), to: label("2") });
    registry.roll_back(&name("m"), None).unwrap();
    assert_eq!(current(&registry, "m"), "1");
    let first = registry.roll_back(&name("m"), None).unwrap_err();
    assert!(matches!(first, RegistryError::NothingBefore { .. }), "{first}");
    // What comes now replaces 1: a rollback does not lead to those that were left.
    registry.add(&name("m"), version(4, facts())).unwrap();
    registry.roll_back(&name("m"), None).unwrap();
    assert_eq!(current(&registry, "m"), "1");
    registry.roll_back(&name("m"), Some(&label("3"))).unwrap();
    assert_eq!(current(&registry, "m"), "3");
    assert_eq!(labels(&registry, "m"), ["1", "2", "3", "4"]);
    let missing = registry.roll_back(&name("m"), Some(&label("9"))).unwrap_err().to_string();
    assert!(missing.contains("no version 9: there are 1, 2, 3, 4"), "{missing}");
}

#[test]
fn no_version_comes_or_comes_back_that_loses_a_role() {
    let mut registry = Registry::default();
    registry.add(&name("m"), version(1, Facts { template: false, ..facts() })).unwrap();
    registry.add(&name("m"), version(2, facts())).unwrap();
    registry.use_for(Role::Chat, Some(&name("m"))).unwrap();
    let before = registry.clone();
    let back = registry.roll_back(&name("m"), None).unwrap_err().to_string();
    assert!(
        back.contains("its version 1 cannot be") && back.contains("slm model use chat"),
        "{back}"
    );
    let added = registry.add(&name("m"), version(3, vectors())).unwrap_err();
    assert!(matches!(added, RegistryError::LosesRole { role: Role::Chat, .. }), "{added}");
    assert_eq!(registry, before);
}

#[test]
fn what_is_in_use_is_removed_only_on_demand() {
    let mut registry = three();
    registry.add_adapter(adapter("a", 9, 3)).unwrap();
    let before = registry.clone();
    let (model, last) = (name("m"), label("3"));
    let whole = registry.remove(&model, None, InUse::Refuse).unwrap_err();
    assert_eq!(whole, RegistryError::InUse { name: model.clone(), roles: vec![Role::Chat] });
    let latest = registry.remove(&model, Some(&last), InUse::Refuse).unwrap_err();
    assert!(matches!(latest, RegistryError::Current { .. }), "{latest}");
    assert_eq!(registry, before);

    let removed = registry.remove(&model, Some(&label("2")), InUse::Refuse).unwrap();
    assert_eq!((removed.versions.len(), removed.current), (1, Some(label("3"))));
    // 3 replaced 2, which replaced 1.
    let removed = registry.remove(&model, Some(&last), InUse::Remove).unwrap();
    assert_eq!((removed.roles, removed.current), (vec![], Some(label("1"))));
    assert_eq!(removed.orphans, ["a".parse().unwrap()]);
    let removed = registry.remove(&model, Some(&label("1")), InUse::Remove).unwrap();
    assert_eq!((removed.roles, removed.current), (vec![Role::Chat], None));
    assert!(registry.models().is_empty() && registry.roles().is_empty());
    assert!(matches!(registry.remove(&model, None, InUse::Remove), Err(RegistryError::NoModel(_))));
}

#[test]
fn a_forced_removal_gives_a_role_back_that_the_version_before_cannot_fill() {
    let mut registry = Registry::default();
    registry.add(&name("m"), version(1, vectors())).unwrap();
    registry.add(&name("m"), version(2, facts())).unwrap();
    registry.use_for(Role::Chat, Some(&name("m"))).unwrap();
    let removed = registry.remove(&name("m"), Some(&label("2")), InUse::Remove).unwrap();
    assert_eq!((removed.roles, removed.current), (vec![Role::Chat], Some(label("1"))));
    assert_eq!(registry.for_role(Role::Chat), None);
}

#[test]
fn old_versions_are_trimmed_and_the_way_back_stays() {
    let mut registry = three();
    registry.roll_back(&name("m"), Some(&label("1"))).unwrap();
    registry.add(&name("m"), version(4, facts())).unwrap();
    // 4 replaced 1, so 2 is the oldest that can go.
    let gone = registry.trim(&name("m"), 1).unwrap();
    let gone: Vec<_> = gone.iter().map(|version| version.label.as_str()).collect();
    assert_eq!(gone, ["2", "3"]);
    assert_eq!(labels(&registry, "m"), ["1", "4"]);
    assert!(registry.trim(&name("m"), 5).unwrap().is_empty());
    registry.trim(&name("m"), 0).unwrap();
    assert_eq!(labels(&registry, "m"), ["4"]);
    assert_eq!(registry.contradiction(), None);
}

#[test]
fn the_same_bytes_are_sealed_everywhere() {
    let mut registry = three();
    registry.add(&name("copy"), version(2, facts())).unwrap();
    let sealed = Kept { sha256: digest(200), size: 5 };
    registry.set_sealed(digest(2), Some(sealed));
    registry.add(&name("later"), version(2, facts())).unwrap();
    for model in ["m", "copy", "later"] {
        let version = registry.model(&name(model)).unwrap().versions.iter();
        let version = version.clone().find(|version| version.sha256 == digest(2)).unwrap();
        assert_eq!(version.kept(), sealed, "{model}");
    }
    assert_eq!(registry.contradiction(), None);
    let claims = registry.claims();
    assert!(claims.contains(&digest(200)) && !claims.contains(&digest(2)));
    registry.set_sealed(digest(2), None);
    assert!(registry.claims().contains(&digest(2)));
}

fn parsed(text: &str) -> Result<Registry, ParseError> {
    Registry::parse(text, Path::new("/data/models/registry.toml"))
}

#[test]
fn another_format_is_named_with_its_file() {
    assert_eq!(parsed("format = 1").unwrap(), Registry::default());
    let newer = parsed("format = 2\n[something]\nelse = true").unwrap_err();
    assert!(matches!(newer, ParseError::Format { found: 2, .. }), "{newer}");
    let newer = newer.to_string();
    assert!(newer.contains("/data/models/registry.toml has format 2"), "{newer}");
    for bad in ["", "format = \"1\"", "format = 1\nunknown = 2", "\u{0}", "format = 1\nmodels = 3"]
    {
        let error = parsed(bad).unwrap_err();
        assert!(error.to_string().contains("/data/models/registry.toml is damaged"), "{error}");
    }
}

#[test]
fn the_format_stays_as_it_is() {
    let mut registry = Registry::default();
    registry.add(&name("m"), version(1, facts())).unwrap();
    let second = NewVersion { manifest: Some(digest(7)), ..version(2, vectors()) };
    registry.add(&name("m"), second).unwrap();
    registry.set_sealed(digest(1), Some(Kept { sha256: digest(3), size: 200 }));
    registry.use_for(Role::Embed, Some(&name("m"))).unwrap();
    let scale = Scale::try_from(0.5).unwrap();
    registry.add_adapter(Adapter { roles: vec![Role::Chat], scale, ..adapter("a", 4, 1) }).unwrap();
    insta::assert_snapshot!(registry.to_text().unwrap());
}

#[test]
fn a_list_that_contradicts_itself_is_refused() {
    let text = three().to_text().unwrap();
    assert!(parsed(&text).is_ok());
    let broken = [
        (
            text.replace("current = \"3\"", "current = \"4\""),
            "current version of m, 4, is not there",
        ),
        (text.replace("chat = \"m\"", "chat = \"n\""), "given to n, which is not there"),
        (text.replace("chat = \"m\"", "embed = \"m\""), "given to m, and it makes no vectors"),
        (text.replace("label = \"2\"", "label = \"1\""), "version 1 of m is there twice"),
        (text.replace("replaces = \"1\"", "replaces = \"3\""), "no version 3 before 2"),
        (text.replace(&digest(2).to_string(), &digest(1).to_string()), "has the file"),
        (text.replace("name = \"m\"", "name = \"M\""), "no name for a model"),
        (text.replace("fim = true", "fim = true\nfun = true"), "unknown field"),
        (
            format!("{text}\n{}", &text[text.find("[[models]]").unwrap()..]),
            "model m is there twice",
        ),
    ];
    for (broken, reason) in broken {
        let error = parsed(&broken).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

/// Something that somebody does to the list; the numbers choose among few, so that they meet.
#[derive(Clone, Debug)]
enum Step {
    Add(u8, u8, Option<u8>),
    Use(Role, Option<u8>),
    RollBack(u8, Option<u8>),
    Remove(u8, Option<u8>, bool),
    Trim(u8, usize),
    Seal(u8, bool),
    AddAdapter(u8, u8, u8),
    RemoveAdapter(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (model, file, label) = (0..3_u8, 0..8_u8, prop::option::of(1..5_u8));
    let role = prop::sample::select(Role::ALL.to_vec());
    let step = prop_oneof![
        4 => (model.clone(), file.clone(), label.clone()).prop_map(|(m, f, l)| Step::Add(m, f, l)),
        2 => (role, prop::option::of(model.clone())).prop_map(|(r, m)| Step::Use(r, m)),
        2 => (model.clone(), label.clone()).prop_map(|(m, l)| Step::RollBack(m, l)),
        2 => (model.clone(), label, any::<bool>()).prop_map(|(m, l, f)| Step::Remove(m, l, f)),
        1 => (model, 0..3_usize).prop_map(|(m, k)| Step::Trim(m, k)),
        1 => (file.clone(), any::<bool>()).prop_map(|(f, on)| Step::Seal(f, on)),
        1 => (0..3_u8, file.clone(), file).prop_map(|(a, f, b)| Step::AddAdapter(a, f, b)),
        1 => (0..3_u8).prop_map(Step::RemoveAdapter),
    ];
    prop::collection::vec(step, 0..40)
}

/// Every second file writes, every fourth of these has neither template nor tokens.
fn facts_of(file: u8) -> Facts {
    match file % 4 {
        0 | 2 => facts(),
        1 => vectors(),
        _ => Facts { template: false, fim: false, ..facts() },
    }
}

impl Step {
    fn take(&self, registry: &mut Registry) -> Result<(), RegistryError> {
        let model = |number: u8| name(&format!("m{number}"));
        let labelled = |number: Option<u8>| number.map(|number| label(&number.to_string()));
        match *self {
            Self::Add(to, file, number) => {
                let new = NewVersion { label: labelled(number), ..version(file, facts_of(file)) };
                registry.add(&model(to), new).map(drop)
            }
            Self::Use(role, number) => registry.use_for(role, number.map(model).as_ref()),
            Self::RollBack(number, to) => {
                registry.roll_back(&model(number), labelled(to).as_ref()).map(drop)
            }
            Self::Remove(number, which, force) => {
                let in_use = if force { InUse::Remove } else { InUse::Refuse };
                registry.remove(&model(number), labelled(which).as_ref(), in_use).map(drop)
            }
            Self::Trim(number, keep) => registry.trim(&model(number), keep).map(drop),
            Self::Seal(file, on) => {
                let sealed = Kept { sha256: digest(100 + file), size: 9 };
                registry.set_sealed(digest(file), on.then_some(sealed));
                Ok(())
            }
            Self::AddAdapter(number, file, base) => {
                registry.add_adapter(adapter(&format!("a{number}"), file, base))
            }
            Self::RemoveAdapter(number) => {
                registry.remove_adapter(&format!("a{number}").parse().unwrap()).map(drop)
            }
        }
    }
}

proptest! {
    #[test]
    fn no_sequence_of_changes_breaks_the_list(steps in steps()) {
        let mut registry = Registry::default();
        for step in steps {
            let before = registry.clone();
            if step.take(&mut registry).is_err() {
                prop_assert_eq!(&registry, &before, "{:?} was refused", step);
            }
            prop_assert_eq!(registry.contradiction(), None, "{:?}", step);
            for (role, model) in registry.roles() {
                let chosen = registry.for_role(*role).unwrap();
                prop_assert_eq!(&chosen.model.name, model);
                prop_assert_eq!(chosen.version.facts.lacks(*role), None);
            }
            for adapter in registry.adapters() {
                let orphan = registry.orphans().contains(&adapter);
                prop_assert_eq!(orphan, registry.known(adapter.base).is_none());
            }
        }
        prop_assert_eq!(parsed(&registry.to_text().unwrap()).unwrap(), registry);
    }

    #[test]
    fn any_text_in_an_entry_comes_back(
        (source, licence, architecture) in any::<(String, Option<String>, String)>(),
        (size, parameters) in (0..=i64::MAX as u64, prop::option::of(0..=i64::MAX as u64)),
    ) {
        let about = Facts { licence, architecture, parameters, ..facts() };
        let new = NewVersion { source, size, ..version(1, about) };
        let mut registry = Registry::default();
        registry.add(&name("m"), new).unwrap();
        prop_assert_eq!(parsed(&registry.to_text().unwrap()).unwrap(), registry);
    }

    #[test]
    fn any_text_is_a_list_or_an_error(text in any::<String>(), at in 0..600_usize, with in "[ -~]{0,3}") {
        let _ = parsed(&text);
        // A list with a few letters replaced is read as a sound one, or not at all.
        let mut known = three().to_text().unwrap();
        let at = at.min(known.len() - 3);
        known.replace_range(at..at + 3, &with);
        if let Ok(read) = parsed(&known) {
            prop_assert_eq!(read.contradiction(), None);
        }
    }
}

use roster::Roster;

#[test]
fn keeps_the_order() {
    let mut r = Roster::default();
    r.add("Zoe".into(), 4);
    r.add("Abe".into(), 2);
    r.add("Zoe".into(), 1);
    assert_eq!(r.lines(), ["Zoe: 5", "Abe: 2"]);
}

use votes::Tally;

#[test]
fn nobody() {
    let mut t = Tally::default();
    assert_eq!(t.of("x"), 0);
    t.vote("y");
    assert_eq!(t.lead("x", "y"), -1);
    assert_eq!(t.lead("x", "z"), 0);
}

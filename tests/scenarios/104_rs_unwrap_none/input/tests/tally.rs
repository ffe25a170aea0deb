use votes::Tally;

#[test]
fn counts() {
    let mut t = Tally::default();
    t.vote("ann");
    t.vote("ann");
    assert_eq!(t.of("ann"), 2);
}

#[test]
fn lead_over_nobody() {
    let mut t = Tally::default();
    t.vote("ann");
    assert_eq!(t.lead("ann", "bob"), 1);
}

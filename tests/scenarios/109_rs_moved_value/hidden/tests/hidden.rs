#[test]
fn nobody() {
    assert!(roster::Roster::default().lines().is_empty());
}

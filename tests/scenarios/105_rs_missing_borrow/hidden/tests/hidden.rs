#[test]
fn empty() {
    assert_eq!(banner::frame(""), "+--+\n+--+");
}

use labels::registry::Registry;

#[test]
fn claims_once() {
    let mut r = Registry::default();
    assert!(r.claim("Urgent"));
    assert!(!r.claim(" urgent "));
    assert!(r.claim("bug"));
    assert_eq!(r.all(), ["bug", "urgent"]);
}

#[test]
fn order() {
    let mut r = labels::registry::Registry::default();
    for l in ["c", "a", "b"] {
        r.claim(l);
    }
    assert_eq!(r.all(), ["a", "b", "c"]);
}

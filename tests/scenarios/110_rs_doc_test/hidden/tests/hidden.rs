#[test]
fn more() {
    assert_eq!(clock::show(7325), "2:02:05");
    assert_eq!(clock::show(3599), "59:59");
}

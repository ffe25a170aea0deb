use morse::encode;

#[test]
fn letters() {
    assert_eq!(encode("sos"), "... --- ...");
    assert_eq!(encode("queue"), "--.- ..- . ..- .");
}

#[test]
fn digits() {
    assert_eq!(encode("73"), "--... ...--");
}

use parking::fee::cents;

#[test]
fn borders() {
    assert_eq!([cents(0), cents(15), cents(16), cents(45), cents(46)], [0, 0, 100, 100, 200]);
}

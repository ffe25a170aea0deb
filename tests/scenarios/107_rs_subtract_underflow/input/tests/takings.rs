use parking::{takings, Stay};

#[test]
fn long_stay() {
    assert_eq!(Stay { from: 0, to: 75 }.cost(), 200);
}

#[test]
fn quick_stop_is_free() {
    assert_eq!(takings(&[Stay { from: 10, to: 20 }, Stay { from: 0, to: 45 }]), 100);
}

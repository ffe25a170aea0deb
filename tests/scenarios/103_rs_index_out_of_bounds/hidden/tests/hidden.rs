use trend::{longest_rise, steps};

#[test]
fn more() {
    assert!(steps(&[]).is_empty());
    assert_eq!(steps(&[1, 1, 2, 4]), [0, 1, 2]);
    assert_eq!(longest_rise(&[5, 4, 3]), 0);
}

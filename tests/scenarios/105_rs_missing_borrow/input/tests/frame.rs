use banner::frame;

#[test]
fn two_lines() {
    assert_eq!(frame("ab\nc"), "+----+\n| ab |\n| c  |\n+----+");
}

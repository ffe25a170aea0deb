#[test]
fn empty() {
    assert_eq!(ledger::lowest(&[]), 0);
    assert!(ledger::running(&[]).is_empty());
}

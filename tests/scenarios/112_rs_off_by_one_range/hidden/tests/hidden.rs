use theatre::hall::Hall;

#[test]
fn all_seats() {
    assert_eq!(Hall { rows: 1, seats: 1 }.all(), [(1, 1)]);
    assert_eq!(Hall { rows: 3, seats: 4 }.all().len(), 12);
    assert!(Hall { rows: 0, seats: 4 }.all().is_empty());
}

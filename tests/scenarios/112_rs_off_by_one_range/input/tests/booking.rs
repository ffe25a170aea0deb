use theatre::booking::Booking;
use theatre::hall::Hall;

#[test]
fn first_seats() {
    let mut b = Booking::new(Hall { rows: 2, seats: 3 });
    assert_eq!(b.take(2), Some(vec![(1, 1), (1, 2)]));
}

#[test]
fn sold_out() {
    let mut b = Booking::new(Hall { rows: 2, seats: 3 });
    assert!(b.take(6).is_some());
    assert!(b.take(1).is_none());
}

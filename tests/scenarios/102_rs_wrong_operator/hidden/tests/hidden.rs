use shipping::parcel::Parcel;

#[test]
fn limits() {
    let mut p = Parcel { length: 100, width: 50, height: 50, grams: 31_500 };
    assert!(p.accepted());
    p.grams += 1;
    assert!(!p.accepted());
}

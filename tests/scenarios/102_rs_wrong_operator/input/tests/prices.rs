use shipping::parcel::Parcel;
use shipping::tariff::price;

fn parcel(grams: u32) -> Parcel {
    Parcel { length: 60, width: 30, height: 15, grams }
}

#[test]
fn by_weight() {
    assert_eq!(price(&parcel(1_500)), Some(549));
    assert_eq!(price(&parcel(9_999)), Some(1049));
    assert_eq!(price(&parcel(31_500)), Some(1949));
}

#[test]
fn too_heavy() {
    assert_eq!(price(&parcel(40_000)), None);
}

#[test]
fn too_large() {
    assert_eq!(price(&Parcel { length: 200, width: 50, height: 50, grams: 10 }), None);
}

use crate::parcel::Parcel;

/// Cents, or `None` for a parcel that is not accepted.
pub fn price(parcel: &Parcel) -> Option<u32> {
    if !parcel.accepted() {
        return None;
    }
    Some(match parcel.grams {
        0..=2_000 => 549,
        2_001..=10_000 => 1049,
        _ => 1949,
    })
}

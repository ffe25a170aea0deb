pub mod parcel;
pub mod tariff;

pub mod hall;
pub mod booking;

//! A valid header, and what becomes of it when it is changed.

//! One file per command; `report` alone prints.

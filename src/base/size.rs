//! Sizes in memory and on disk, for people.

/// `bytes` in the largest of KiB, MiB and GiB that keeps it readable: "12 KiB", "935 MiB", "1.5 GiB".
pub fn size(bytes: u64) -> String {
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    if bytes < 1 << 20 {
        format!("{} KiB", bytes.div_ceil(1 << 10))
    } else if mebibytes < 1000.0 {
        format!("{mebibytes:.0} MiB")
    } else {
        format!("{:.1} GiB", mebibytes / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_readable() {
        let sizes = [0, 1, 1024, 1 << 20, 935 << 20, 1 << 30, 3 << 29];
        let shown = ["0 KiB", "1 KiB", "1 KiB", "1 MiB", "935 MiB", "1.0 GiB", "1.5 GiB"];
        assert_eq!(sizes.map(size), shown);
    }
}

//! Durations as people write them.

/// Writes seconds as `h:mm:ss`, or `m:ss` below one hour.
///
/// ```
/// assert_eq!(clock::show(65), "1:05");
/// assert_eq!(clock::show(3605), "1:00:05");
/// ```
pub fn show(seconds: u32) -> String {
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h == 0 {
        format!("{m}:{s:02}")
    } else {
        format!("{h}:{m:02}:{s:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short() {
        assert_eq!(show(9), "0:09");
        assert_eq!(show(600), "10:00");
    }
}

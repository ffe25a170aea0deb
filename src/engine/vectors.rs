//! Texts before they become vectors, and vectors before they are handed out: bounds and lengths
//! that hold on both sides of the pipe.

/// Bytes of a text that are looked at for each token of the context. Tokens of code are 3 to 4
/// bytes long; what lies behind sixteen times that is cut before anything is done with it.
const BYTES_PER_TOKEN: usize = 64;

/// Most texts of one request to a worker.
pub(super) const MAX_TEXTS: usize = 256;

/// Most bytes of the texts of one request, unless one text alone is longer. JSON may make six of
/// one, and [`super::wire::MAX_FRAME`] is far above that.
const MAX_BYTES: usize = 4 << 20;

/// The beginning of `text`, as much of it as could matter to a context of so many tokens.
pub(super) fn cut(text: &str, context: usize) -> &str {
    let mut end = context.saturating_mul(BYTES_PER_TOKEN).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// How many of `texts`, from the first on, make one request: at least one when there is one.
pub(super) fn portion(texts: &[String], context: usize) -> usize {
    let mut bytes = 0;
    texts
        .iter()
        .take(MAX_TEXTS)
        .enumerate()
        .take_while(|(index, text)| {
            bytes += cut(text, context).len();
            *index == 0 || bytes <= MAX_BYTES
        })
        .count()
}

/// Gives `vector` the length 1; `None` for one that has none, or holds what is no number.
pub(super) fn normalise(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let square: f64 = vector.iter().map(|&value| f64::from(value).powi(2)).sum();
    let length = square.sqrt();
    if !length.is_finite() || length == 0.0 {
        return None;
    }
    for value in &mut vector {
        *value = (f64::from(*value) / length) as f32;
    }
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_letters() {
        assert_eq!(cut("abc", 1), "abc");
        assert_eq!(cut(&"a".repeat(65), 1).len(), 64);
        assert_eq!(cut(&"é€".repeat(40), 1).len(), 62);
        assert_eq!(cut("é", 0), "");
    }

    #[test]
    fn a_request_is_bounded_in_texts_and_bytes() {
        let texts = |length: usize, count: usize| vec!["x".repeat(length); count];
        assert_eq!(portion(&[], 512), 0);
        assert_eq!(portion(&texts(10, 600), 512), MAX_TEXTS);
        assert_eq!(portion(&texts(3 << 20, 4), 1 << 20), 1);
        assert_eq!(portion(&texts(5 << 20, 4), 1 << 20), 1);
        assert_eq!(portion(&texts(1 << 20, 9), 1 << 20), 4);
        // What is cut does not count.
        assert_eq!(portion(&texts(5 << 20, 4), 512), 4);
    }

    #[test]
    fn vectors_get_the_length_one() {
        assert_eq!(normalise(vec![3.0, -4.0]), Some(vec![0.6, -0.8]));
        let huge = normalise(vec![f32::MAX, 0.0]).unwrap();
        assert_eq!(huge, [1.0, 0.0]);
        assert!(normalise(vec![0.0; 3]).is_none() && normalise(Vec::new()).is_none());
        assert!(normalise(vec![1.0, f32::NAN]).is_none());
        assert!(normalise(vec![1.0, f32::INFINITY]).is_none());
    }
}

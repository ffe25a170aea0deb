//! How much is read and written in one measurement.

/// Sizes in tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Prompt whose reading is timed.
    pub(super) prompt: usize,
    /// Text whose writing is timed.
    pub(super) output: usize,
    /// What a session keeps sending: context and instructions.
    pub(super) prefix: usize,
    /// Text of one of several completions, under a grammar, and of a comparison with a grammar.
    pub(super) part: usize,
    /// How many completions at once.
    pub(super) lanes: &'static [usize],
    /// Prose, in bytes.
    pub(super) prose: usize,
    /// Lines of the file that is edited.
    pub(super) shown: usize,
}

impl Sizes {
    /// As llama-bench is mostly run, and as repairs ask.
    const FULL: Self = Self {
        prompt: 512,
        output: 64,
        prefix: 2048,
        part: 32,
        lanes: &[1, 2, 4, 8],
        prose: 512,
        shown: super::workload::SHOWN,
    };
    /// To see that everything works.
    const QUICK: Self = Self {
        prompt: 128,
        output: 16,
        prefix: 256,
        part: 8,
        lanes: &[1, 2, 4],
        prose: 64,
        shown: 40,
    };

    /// Cut to a context of so many tokens.
    pub(super) fn new(quick: bool, context: usize) -> Self {
        let wanted = if quick { Self::QUICK } else { Self::FULL };
        Self {
            prompt: wanted.prompt.min(context / 4),
            output: wanted.output.min(context / 8),
            prefix: wanted.prefix.min(context / 2),
            part: wanted.part.min(context / 32),
            prose: wanted.prose.min(context / 4),
            ..wanted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fit_the_context() {
        assert_eq!(Sizes::new(false, 8192), Sizes::FULL);
        assert_eq!(Sizes::new(true, 8192), Sizes::QUICK);
        let small = Sizes::new(false, 256);
        assert!(small.prefix + small.part < 256 && small.part > 0, "{small:?}");
        assert!(small.prompt + small.lanes.len() * small.part < 256, "{small:?}");
    }
}

//! One token that says "stop": by Ctrl-C, by a deadline, or because somebody else has won.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A cancellation token with an optional deadline. Clones share the flag.
///
/// A child made by [`Cancel::child`] is cancelled with its parent, and can be cancelled alone.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    flag: AtomicBool,
    deadline: Option<Instant>,
    parent: Option<Cancel>,
}

impl Cancel {
    /// A token that only an explicit [`Cancel::cancel`] ends.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token that is also cancelled once `deadline` has passed.
    pub fn with_deadline(deadline: Instant) -> Self {
        Self::make(Some(deadline), None)
    }

    /// A token that ends with this one, at `deadline`, or alone; whichever comes first.
    pub fn child(&self, deadline: Option<Instant>) -> Self {
        Self::make(deadline, Some(self.clone()))
    }

    fn make(deadline: Option<Instant>, parent: Option<Cancel>) -> Self {
        Self { inner: Arc::new(Inner { flag: AtomicBool::new(false), deadline, parent }) }
    }

    /// Cancels this token and all its children.
    pub fn cancel(&self) {
        self.inner.flag.store(true, Ordering::SeqCst);
    }

    /// True once the token, or one of its ancestors, was cancelled or is past its deadline.
    pub fn is_cancelled(&self) -> bool {
        self.inner.flag.load(Ordering::SeqCst)
            || self.inner.deadline.is_some_and(|at| Instant::now() >= at)
            || self.inner.parent.as_ref().is_some_and(Cancel::is_cancelled)
    }

    /// Time left until the nearest deadline; `None` when there is no deadline at all.
    pub fn remaining(&self) -> Option<Duration> {
        let own = self.inner.deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let up = self.inner.parent.as_ref().and_then(Cancel::remaining);
        match (own, up) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn child_follows_parent_but_not_the_other_way() {
        let parent = Cancel::new();
        let child = parent.child(None);
        child.cancel();
        assert!(child.is_cancelled() && !parent.is_cancelled());
        let second = parent.child(None);
        parent.cancel();
        assert!(second.is_cancelled());
    }

    #[test]
    fn nearest_deadline_wins() {
        let near = Instant::now();
        let parent = Cancel::with_deadline(near);
        let child = parent.child(Some(near + Duration::from_secs(60)));
        assert!(child.is_cancelled());
        assert_eq!(child.remaining(), Some(Duration::ZERO));
        assert_eq!(Cancel::new().remaining(), None);
    }
}

//! Where a test makes a system call fail, or the process die, in the middle of writing files.
//!
//! Outside tests every function here is empty.

use std::io;

/// Called before each call that changes the disk, with the call's name.
#[cfg(not(test))]
#[inline]
pub(crate) fn point(_: &'static str) -> io::Result<()> {
    Ok(())
}

/// Runs a call that makes something durable. Tests only pass its point: the death of a process,
/// which is what they simulate, loses nothing that was written, and a thousand syncs take minutes.
#[cfg(not(test))]
#[inline]
pub(crate) fn sync(call: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    call()
}

#[cfg(test)]
pub(crate) use injected::point;

#[cfg(test)]
pub(crate) fn sync(_: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    point("fsync")
}

#[cfg(test)]
pub(crate) mod injected {
    //! Per thread, so that tests run side by side.

    use super::io;
    use std::cell::RefCell;

    /// What happens at the chosen point.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Fault {
        /// The process dies: unwinds, past every clean-up that is not a destructor.
        Kill,
        /// The call fails with this error number.
        Errno(i32),
    }

    #[derive(Debug, Default)]
    struct Plan {
        passed: Vec<&'static str>,
        at: Option<(usize, Fault)>,
    }

    /// What a simulated kill unwinds with.
    #[derive(Debug)]
    pub(crate) struct Killed;

    thread_local! {
        static PLAN: RefCell<Plan> = RefCell::default();
    }

    pub(crate) fn point(name: &'static str) -> io::Result<()> {
        let fault = PLAN.with_borrow_mut(|plan| {
            plan.passed.push(name);
            let (at, fault) = plan.at?;
            (plan.passed.len() == at).then_some(fault)
        });
        match fault {
            None => Ok(()),
            Some(Fault::Errno(errno)) => Err(io::Error::from_raw_os_error(errno)),
            Some(Fault::Kill) => std::panic::resume_unwind(Box::new(Killed)),
        }
    }

    /// Runs `work` with a fault at the `at`-th point, counted from 1; `None` when it was killed.
    /// Also returns the points passed.
    pub(crate) fn with<T>(
        at: usize,
        fault: Fault,
        work: impl FnOnce() -> T,
    ) -> (Option<T>, Vec<&'static str>) {
        PLAN.set(Plan { passed: Vec::new(), at: Some((at, fault)) });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        let plan = PLAN.take();
        match result {
            Ok(value) => (Some(value), plan.passed),
            Err(payload) if payload.is::<Killed>() => (None, plan.passed),
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }
}

//! One slm at a time changes the list, by a lock that the kernel gives back when its holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::StoreError;
use crate::base::fs::PathContext as _;
use crate::models::watch::Watch;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// Proof that nobody else changes the list. Released when dropped, or when the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Lock {
    // Held, not read: closing it releases the lock.
    _file: File,
}

impl Lock {
    /// Waits for the lock of the store in `dir`, for `patience` at most: changes of the list are short.
    ///
    /// # Errors
    /// [`StoreError::Held`], cancellation, I/O errors.
    pub(super) fn take(
        dir: &Path,
        patience: Duration,
        watch: &mut Watch<'_>,
    ) -> Result<Self, StoreError> {
        let path = dir.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).path("open the lock", &path)?;
        let end = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(error).path("lock", &path)?,
                Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                    let mut text = String::new();
                    // The number only serves the message.
                    let _ = file.read_to_string(&mut text);
                    let pid = text.trim().parse().ok();
                    return Err(StoreError::Held { dir: dir.to_owned(), pid });
                }
                Err(TryLockError::WouldBlock) => {}
            }
            watch.begin("waiting for another slm", None);
            watch.check()?;
            std::thread::sleep(PAUSE);
        }
        // Nor does it matter to anybody else whether there was room to write it.
        let _ = file.set_len(0).and_then(|()| file.rewind());
        let _ = writeln!(file, "{}", std::process::id());
        Ok(Self { _file: file })
    }
}

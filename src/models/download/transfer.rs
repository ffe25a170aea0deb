//! One file from one place: as many requests as it takes.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::address::Address;
use super::answer::{Answer, Head};
use super::claim::{MOMENT, free_space};
use super::pace::Pace;
use super::part::Part;
use super::request::{self, Piece, Request};
use super::{DownloadError, Network, SMALL, Wanted, Why};
use crate::base::fs::FileError;
use crate::models::Sha256;
use crate::models::watch::{Stopped, Watch};

/// A file and a place to get it from.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) place: &'a Address,
    pub(super) wanted: &'a Wanted,
    pub(super) network: &'a Network,
}

/// Why a place gave no file.
#[derive(Debug)]
pub(super) enum Lost {
    /// Another place may have it.
    Here(Why),
    /// There is no use in asking another.
    Everywhere(DownloadError),
}

/// How one request ended.
enum End {
    /// All of it is there.
    Whole,
    /// The request is at its end, and the file is not.
    Short,
    /// It broke off, or should be made later.
    Later { why: String, wait: Option<Duration> },
    /// What has come is of no use.
    Stale(String),
}

/// How many tries in a row have brought nothing.
struct Patience {
    idle: u32,
    best: u64,
}

impl Job<'_> {
    /// Gets all that is missing of the file. Returns where it was sent on to.
    pub(super) fn run(&self, part: &mut Part, watch: &mut Watch<'_>) -> Result<Vec<Address>, Lost> {
        if let Some(reason) = self.place.refusal(self.network.plain) {
            return Err(Lost::said(reason));
        }
        if part.len() > 0 && !self.may_resume(part) {
            part.restart()?;
        }
        let mut via = Vec::new();
        let mut patience = Patience { idle: 0, best: part.len() };
        loop {
            let end = self.request(part, &mut via, watch)?;
            let (why, wait) = match end {
                End::Whole => return Ok(via),
                End::Short => ("it gave only a part of the file".to_owned(), None),
                End::Later { why, wait } => (why, wait),
                End::Stale(why) => {
                    part.restart()?;
                    (why, None)
                }
            };
            if !patience.goes_on(part.len(), self.size(part), self.network.limits.retries) {
                let tries = self.network.limits.retries + 1;
                return Err(Lost::said(&format!("{why} ({tries} tries brought nothing new)")));
            }
            self.network.pause(patience.idle, wait, &why, watch)?;
        }
    }

    fn size(&self, part: &Part) -> Option<u64> {
        self.wanted.size.or(part.size())
    }

    fn address(&self) -> Sha256 {
        Sha256::of(self.place.in_full().as_bytes())
    }

    /// Without a digest to be found out by, only a server that vouches for its file may go on with it.
    fn may_resume(&self, part: &Part) -> bool {
        self.wanted.digest().is_some() || part.validator(self.address()).is_some()
    }

    /// Makes one request, and takes what comes of it.
    fn request(
        &self,
        part: &mut Part,
        via: &mut Vec<Address>,
        watch: &mut Watch<'_>,
    ) -> Result<End, Lost> {
        watch.check().map_err(DownloadError::from)?;
        let size = self.size(part);
        watch.begin("downloading", size);
        watch.advance(part.len());
        if part.len() > 0 && size == Some(part.len()) {
            return Ok(End::Whole);
        }
        let validator = part.validator(self.address()).map(str::to_owned);
        let request = Request { address: self.place.clone(), from: part.len(), validator };
        via.clear();
        let pieces = request::start(request, self.network);
        let head = match next(&pieces, via, watch)? {
            Piece::Head(head) => head,
            Piece::Broken(why) => return Ok(End::Later { why, wait: None }),
            Piece::Refused(why) => return Err(Lost::said(&why)),
            Piece::Via(_) | Piece::Bytes(_) | Piece::End => return Ok(End::Short),
        };
        self.begin(&head, part, watch)?.map_or_else(|| self.body(&head, part, &pieces, watch), Ok)
    }

    /// Reads the beginning of an answer; an end means that its body is not looked at.
    fn begin(
        &self,
        head: &Head,
        part: &mut Part,
        watch: &mut Watch<'_>,
    ) -> Result<Option<End>, Lost> {
        let stale = |why: &str| Ok(Some(End::Stale(why.to_owned())));
        let total = match head.answer(part.len()) {
            Answer::Whole { size } => {
                if part.len() > 0 {
                    part.restart()?;
                }
                size
            }
            Answer::Rest { total, .. } => {
                if !part.is_of(head, self.address(), total) {
                    return stale("the file has changed there");
                }
                total
            }
            Answer::Beyond { total } if total == Some(part.len()) && self.size(part).is_none() => {
                return Ok(Some(End::Whole));
            }
            Answer::Beyond { .. } => return stale("it has less of the file than has come"),
            Answer::Later { why, wait } => return Ok(Some(End::Later { why, wait })),
            Answer::No(why) => return Err(Lost::said(&why)),
            Answer::Elsewhere(_) => return Err(Lost::said("it sends on without end")),
        };
        self.check_size(head, total)?;
        part.note(head, self.address(), total);
        let size = self.size(part);
        self.check_space(size, part)?;
        watch.begin("downloading", size);
        watch.advance(part.len());
        Ok(None)
    }

    /// The size that a server says must be one that can be the file's.
    fn check_size(&self, head: &Head, total: Option<u64>) -> Result<(), Lost> {
        if let Some((wanted, said)) = self.wanted.size.zip(total).filter(|(a, b)| a != b) {
            let reason = format!("its file has {said} bytes, and should have {wanted}");
            return Err(Lost::said(&reason));
        }
        let largest = self.network.limits.largest;
        if self.wanted.size.or(total).is_some_and(|size| size > largest) {
            return Err(Lost::said(&format!("its file is longer than {largest} bytes")));
        }
        let ends_somewhere = head.chunked || total.or(self.wanted.size).is_some();
        if !ends_somewhere {
            return Err(Lost::said(
                "it does not say how long its file is, so nobody can tell an end",
            ));
        }
        Ok(())
    }

    fn check_space(&self, size: Option<u64>, part: &Part) -> Result<(), Lost> {
        let folder = part.path().parent().unwrap_or(part.path());
        let needed = size.unwrap_or(0).saturating_sub(part.len());
        let free = free_space(folder)?;
        if free >= needed.saturating_add(self.network.limits.spare) {
            return Ok(());
        }
        let (what, folder) = (self.wanted.what.clone(), folder.to_owned());
        Err(Lost::Everywhere(DownloadError::NoSpace { what, needed, free, folder }))
    }

    /// Takes the bytes of an answer.
    fn body(
        &self,
        head: &Head,
        part: &mut Part,
        pieces: &Receiver<Piece>,
        watch: &mut Watch<'_>,
    ) -> Result<End, Lost> {
        let (start, size) = (part.len(), self.size(part));
        let limits = &self.network.limits;
        let most = size.unwrap_or(limits.largest);
        let mut pace = Pace::new(limits, Instant::now());
        loop {
            match next(pieces, &mut Vec::new(), watch)? {
                Piece::Bytes(bytes) => {
                    if part.len() + bytes.len() as u64 > most {
                        part.restart()?;
                        return Err(Lost::said(&format!("it sends more than {most} bytes")));
                    }
                    part.append(&bytes)?;
                    watch.advance(bytes.len() as u64);
                    if part.fresh() >= limits.keep_every {
                        part.keep()?;
                    }
                    if let Some(why) = pace.took(bytes.len() as u64, Instant::now()) {
                        return Ok(End::Later { why, wait: None });
                    }
                }
                Piece::End => {
                    let came = part.len() - start;
                    let cut = head.length.is_some_and(|length| came < length);
                    let whole = size.map_or(!cut, |size| part.len() == size);
                    return Ok(if whole { End::Whole } else { End::Short });
                }
                Piece::Broken(why) => return Ok(End::Later { why, wait: None }),
                Piece::Refused(why) => return Err(Lost::said(&why)),
                Piece::Head(_) | Piece::Via(_) => return Ok(End::Short),
            }
        }
    }
}

impl Patience {
    /// Whether another try is worth it, now that `len` bytes are there.
    fn goes_on(&mut self, len: u64, size: Option<u64>, retries: u32) -> bool {
        // A server that gives a byte at a time would never be left.
        let enough = size.map_or(1 << 20, |size| (size / 100).clamp(1, 1 << 20));
        if len >= self.best.saturating_add(enough) {
            self.best = len;
            self.idle = 0;
        } else {
            self.idle += 1;
        }
        self.idle <= retries
    }
}

impl Network {
    /// Waits before the next try.
    fn pause(
        &self,
        idle: u32,
        wait: Option<Duration>,
        why: &str,
        watch: &mut Watch<'_>,
    ) -> Result<(), Lost> {
        let limits = &self.limits;
        if let Some(wait) = wait.filter(|&wait| wait > limits.longest_pause) {
            let reason = format!("{why}; it asks to come back in {} seconds", wait.as_secs());
            return Err(Lost::said(&reason));
        }
        let doubled = limits.pause.saturating_mul(1 << idle.saturating_sub(1).min(16));
        let pause = wait.unwrap_or(if idle == 0 { Duration::ZERO } else { doubled });
        let until = Instant::now() + pause.min(limits.longest_pause);
        if !pause.is_zero() {
            watch.begin("waiting before the next try", None);
        }
        loop {
            watch.check().map_err(DownloadError::from)?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(MOMENT));
        }
    }
}

/// The next piece that is not a note of where the request went; those are added to `via`.
fn next(
    pieces: &Receiver<Piece>,
    via: &mut Vec<Address>,
    watch: &mut Watch<'_>,
) -> Result<Piece, Lost> {
    loop {
        watch.check().map_err(DownloadError::from)?;
        match pieces.recv_timeout(MOMENT) {
            Ok(Piece::Via(address)) => via.push(address),
            Ok(piece) => return Ok(piece),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(Piece::Broken("the connection was lost".to_owned()));
            }
        }
    }
}

/// A small file, whole or not at all.
pub(super) fn small(
    place: &Address,
    network: &Network,
    watch: &mut Watch<'_>,
) -> Result<Vec<u8>, Lost> {
    if let Some(reason) = place.refusal(network.plain) {
        return Err(Lost::said(reason));
    }
    let mut idle = 0;
    loop {
        let (why, wait) = match small_once(place, network, watch)? {
            Small::All(bytes) => return Ok(bytes),
            Small::Later { why, wait } => (why, wait),
        };
        idle += 1;
        if idle > network.limits.retries {
            return Err(Lost::said(&why));
        }
        network.pause(idle, wait, &why, watch)?;
    }
}

/// What one try at a small file came to.
enum Small {
    All(Vec<u8>),
    Later { why: String, wait: Option<Duration> },
}

fn small_once(place: &Address, network: &Network, watch: &mut Watch<'_>) -> Result<Small, Lost> {
    let request = Request { address: place.clone(), from: 0, validator: None };
    let pieces = request::start(request, network);
    let mut bytes = Vec::new();
    let mut length = None;
    loop {
        match next(&pieces, &mut Vec::new(), watch)? {
            Piece::Head(head) => match head.answer(0) {
                Answer::Whole { size } => length = size,
                Answer::Later { why, wait } => return Ok(Small::Later { why, wait }),
                Answer::No(why) => return Err(Lost::said(&why)),
                _ => return Err(Lost::said("it gives a part where all was asked for")),
            },
            Piece::Bytes(piece) => bytes.extend_from_slice(&piece),
            Piece::End if length.is_some_and(|length| (bytes.len() as u64) < length) => {
                let why = "it gave only a part of the file".to_owned();
                return Ok(Small::Later { why, wait: None });
            }
            Piece::End => return Ok(Small::All(bytes)),
            Piece::Broken(why) => return Ok(Small::Later { why, wait: None }),
            Piece::Refused(why) => return Err(Lost::said(&why)),
            Piece::Via(_) => {}
        }
        if bytes.len() as u64 > SMALL || length.is_some_and(|length| length > SMALL) {
            return Err(Lost::said(&format!("its answer is longer than {SMALL} bytes")));
        }
    }
}

impl Lost {
    fn said(reason: &str) -> Self {
        Self::Here(Why::Said(reason.to_owned()))
    }
}

impl From<DownloadError> for Lost {
    fn from(error: DownloadError) -> Self {
        Self::Everywhere(error)
    }
}

impl From<Stopped> for Lost {
    fn from(error: Stopped) -> Self {
        Self::Everywhere(error.into())
    }
}

impl From<FileError> for Lost {
    fn from(error: FileError) -> Self {
        Self::Everywhere(error.into())
    }
}

//! The plain shape of a bundle: a tar archive of regular files alone, to the last byte.
//!
//! Strict on purpose: no links, no folders, no long names, no sparse files, nothing behind the end. The blocks are
//! walked here, because what is skipped silently elsewhere has to be a refusal.

use std::fs::File;
use std::io::{self, Read, Write};

use tar::{EntryType, Header};

use crate::models::download::claim::write_all;

/// Bytes of a block; the two that end an archive are zeros.
const BLOCK: usize = 512;
/// Bytes of a file that are handed on at once.
const PIECE: usize = 1 << 20;

/// Why an archive cannot be read on.
#[derive(Debug)]
pub(super) enum Broken {
    /// It is none, in words.
    Shape(String),
    Read(io::Error),
}

/// A member: its name as it stands there, and its size.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
}

/// Reads one member after the other.
#[derive(Debug)]
pub(super) struct Reader<R> {
    from: R,
    /// Bytes of the current member that have not been read.
    left: u64,
    /// Zeros that follow it.
    padding: usize,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, left: 0, padding: 0 }
    }

    /// The next member, once the last one was read; `None` at a proper end, with nothing behind it.
    pub(super) fn next(&mut self) -> Result<Option<Member>, Broken> {
        debug_assert_eq!(self.left, 0, "the last member is read first");
        let mut zeros = [0; BLOCK];
        self.fill(&mut zeros[..self.padding.min(BLOCK)])?;
        self.padding = 0;
        if zeros.iter().any(|&byte| byte != 0) {
            return Err(shape("there is something between two files"));
        }
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block == [0; BLOCK] {
            return self.end().map(|()| None);
        }
        let member = member(&block)?;
        self.left = member.size;
        self.padding = (BLOCK - (member.size % BLOCK as u64) as usize) % BLOCK;
        Ok(Some(member))
    }

    /// Bytes of the current member that have not been read.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The next `N` bytes of the current member.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let mut array = [0; N];
        self.reach(N as u64)?;
        self.fill(&mut array)?;
        Ok(array)
    }

    /// The next `len` bytes of the current member.
    pub(super) fn exact(&mut self, len: u64, buffer: &mut Vec<u8>) -> Result<(), Broken> {
        self.reach(len)?;
        buffer.resize(len as usize, 0);
        self.fill(buffer)
    }

    /// Makes sure that the current member has `len` bytes more, and counts them as read.
    fn reach(&mut self, len: u64) -> Result<(), Broken> {
        self.left = self.left.checked_sub(len).ok_or_else(|| shape("a file in it is cut off"))?;
        Ok(())
    }

    /// The next bytes of the current member; empty at its end.
    pub(super) fn piece<'a>(&mut self, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], Broken> {
        let len = self.left.min(PIECE as u64) as usize;
        buffer.resize(len, 0);
        self.fill(buffer)?;
        self.left -= len as u64;
        Ok(buffer)
    }

    /// All of the current member, which must not be longer than `most` bytes.
    pub(super) fn all(&mut self, most: u64) -> Result<Vec<u8>, Broken> {
        if self.left > most {
            return Err(shape(&format!("a text in it is longer than {most} bytes")));
        }
        let (mut all, mut buffer) = (Vec::new(), Vec::new());
        loop {
            match self.piece(&mut buffer)? {
                [] => return Ok(all),
                piece => all.extend_from_slice(piece),
            }
        }
    }

    /// One block of zeros was read.
    fn end(&mut self) -> Result<(), Broken> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        let mut more = [0];
        if block != [0; BLOCK] || self.from.read(&mut more).map_err(Broken::Read)? > 0 {
            return Err(shape("there is something behind its end"));
        }
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Broken> {
        self.from.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => shape("it ends too early"),
            _ => Broken::Read(error),
        })
    }
}

pub(super) fn shape(reason: &str) -> Broken {
    Broken::Shape(reason.to_owned())
}

fn member(block: &[u8; BLOCK]) -> Result<Member, Broken> {
    let header = Header::from_byte_slice(block);
    // The sum of all bytes, with blanks for the sum itself.
    let sum = block.iter().enumerate().map(|(at, &byte)| match at {
        148..156 => u32::from(b' '),
        _ => u32::from(byte),
    });
    if header.cksum().ok() != Some(sum.sum()) {
        return Err(shape("it is no tar archive, or damaged"));
    }
    let is_plain = header.entry_type() == EntryType::Regular && block[156] == b'0';
    let name = header.path_bytes().into_owned();
    if !is_plain || header.link_name_bytes().is_some() {
        let name = String::from_utf8_lossy(&name).into_owned();
        return Err(shape(&format!("{name:?} in it is no regular file")));
    }
    let size = header.entry_size().map_err(|_| shape("a size in it is no number"))?;
    Ok(Member { name, size })
}

/// Writes the head of a member.
pub(super) fn begin(to: &mut dyn Write, name: &str, size: u64) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_path(name)?;
    header.set_size(size);
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    to.write_all(header.as_bytes())
}

/// Writes what follows the bytes of a member.
pub(super) fn pad(to: &mut dyn Write, size: u64) -> io::Result<()> {
    let padding = (BLOCK - (size % BLOCK as u64) as usize) % BLOCK;
    to.write_all(&[0; BLOCK][..padding])
}

/// Writes the end.
pub(super) fn end(to: &mut dyn Write) -> io::Result<()> {
    to.write_all(&[0; 2 * BLOCK])
}

/// A file whose writes a test can let fail.
pub(super) struct Faulty<'a>(pub(super) &'a mut File);

impl Write for Faulty<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_all(self.0, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

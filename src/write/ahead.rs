//! Deflates ahead of the writer, on all processors, and gives the pieces back in
//! the order of the archive. What is read and deflated but not yet written never
//! exceeds a budget, whatever the project's size.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use camino::Utf8Path;

use super::WriteError;
use super::contents::{Content, ContentSource, Contents};
use super::deflate::{Deflater, PIECE, WINDOW, gains};
use crate::resolve::cache::{Blob, Deflated};
use crate::zipfile::{DEFLATED, STORED};

/// Bytes that may be in flight at once.
pub(super) const BUDGET: usize = 16 << 20;

/// Parts that may wait for the writer: those which the cache has take no room of the
/// budget, and a project may have a million.
const FAR: usize = 512;

/// The next part of the archive.
pub(super) enum Part {
    /// The cache has it already.
    Known(Blob),
    /// It was read and packed.
    Piece(Piece),
}

/// Packed bytes.
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) method: u16,
    /// Over the bytes before packing.
    pub(super) crc: crc32fast::Hasher,
    /// Bytes before packing.
    pub(super) plain: u64,
    /// Bytes before packing of the whole content.
    pub(super) whole: u64,
    /// Whether the content ends here.
    pub(super) is_last: bool,
    cost: usize,
}

/// Where workers and writer meet.
pub(super) struct Ahead<'a> {
    contents: Contents<'a>,
    known: Option<&'a Deflated>,
    budget: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of the next content to start.
    next: usize,
    /// That content, once somebody looked at it and it isn't in the cache.
    coming: Option<Arc<Content>>,
    /// A large file whose pieces are being given out.
    large: Option<Large>,
    /// The number of the next part to give out.
    given: u64,
    /// The number of the next part to write.
    written: u64,
    ready: BTreeMap<u64, Result<Part, WriteError>>,
    in_flight: usize,
    is_stopped: bool,
}

#[derive(Clone)]
struct Large {
    content: Arc<Content>,
    file: Arc<File>,
    at: u64,
    size: u64,
    method: u16,
}

struct Job {
    number: u64,
    content: Arc<Content>,
    cost: usize,
    part: Option<Large>,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(contents: Contents<'a>, known: Option<&'a Deflated>, budget: usize) -> Self {
        Self {
            contents,
            known,
            budget,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// How many contents there are.
    pub(super) fn len(&self) -> usize {
        self.contents.len()
    }

    /// Works until there is nothing left to do or the writer gave up.
    pub(super) fn work(&self) {
        // A thread that dies must not leave the writer waiting.
        let _guard = StopOnPanic(self);
        let mut deflater = Deflater::new();
        while let Some(job) = self.next_job(&mut deflater) {
            let done = run(&job, &mut deflater);
            self.hand_in(&job, done);
        }
    }

    /// The next part in the order of the archive.
    pub(super) fn take(&self) -> Result<Part, WriteError> {
        let mut state = self.locked();
        loop {
            let number = state.written;
            if let Some(part) = state.ready.remove(&number) {
                state.written += 1;
                if let Ok(Part::Piece(piece)) = &part {
                    state.in_flight = state.in_flight.saturating_sub(piece.cost);
                }
                self.changed.notify_all();
                return part;
            }
            if state.is_stopped {
                return Err(WriteError::Stopped);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Packs a content here and now: what the cache had was damaged.
    pub(super) fn again(&self, number: usize) -> Result<Again, WriteError> {
        let mut deflater = Deflater::new();
        let (content, _) = self.content(number).ok_or(WriteError::Stopped)?;
        let content = Arc::new(content);
        let large = large(&content, &mut deflater)?;
        Ok(Again {
            content,
            large,
            deflater,
        })
    }

    /// Lets the workers go home.
    pub(super) fn stop(&self) {
        self.locked().is_stopped = true;
        self.changed.notify_all();
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_job(&self, deflater: &mut Deflater) -> Option<Job> {
        let mut state = self.locked();
        loop {
            if state.is_stopped {
                return None;
            }
            if state.large.is_none() {
                self.start_next(&mut state, deflater);
            }
            if state.large.is_none() && state.next >= self.contents.len() {
                return None;
            }
            if state.ready.len() >= FAR {
                state = self.wait(state);
                continue;
            }
            let cost = match (&state.large, &state.coming) {
                (None, Some(content)) => {
                    usize::try_from(content.size()).unwrap_or(PIECE) * 9 / 4 + 4096
                }
                _ => 2 * PIECE + WINDOW,
            };
            // In the archive's order: the part that the writer waits for is
            // always among those that have their share.
            if state.in_flight == 0 || state.in_flight + cost <= self.budget {
                if let Some(job) = Self::give(&mut state, cost) {
                    return Some(job);
                }
                continue;
            }
            state = self.wait(state);
        }
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes what the cache has, and opens the next content if it is large.
    fn start_next(&self, state: &mut State, deflater: &mut Deflater) {
        let before = state.given;
        while state.coming.is_none() && state.next < self.contents.len() && state.ready.len() < FAR
        {
            let Some((content, blob)) = self.content(state.next) else {
                // Nothing but a table that changed meanwhile; the writer says so.
                state.is_stopped = true;
                break;
            };
            if let Some(blob) = blob {
                state.ready.insert(state.given, Ok(Part::Known(blob)));
            } else {
                let content = Arc::new(content);
                match large(&content, deflater) {
                    Ok(None) => {
                        state.coming = Some(content);
                        break;
                    }
                    Ok(large) => {
                        state.large = large;
                        state.next += 1;
                        return;
                    }
                    Err(error) => {
                        state.ready.insert(state.given, Err(error));
                    }
                }
            }
            state.given += 1;
            state.next += 1;
        }
        if state.given != before {
            self.changed.notify_all();
        }
    }

    fn give(state: &mut State, cost: usize) -> Option<Job> {
        let (content, part) = if let Some(mut large) = state.large.take() {
            let part = large.clone();
            large.at += PIECE as u64;
            if large.at < large.size {
                state.large = Some(large);
            }
            (part.content.clone(), Some(part))
        } else {
            state.next += 1;
            (state.coming.take()?, None)
        };
        let number = state.given;
        state.given += 1;
        state.in_flight += cost;
        Some(Job {
            number,
            content,
            cost,
            part,
        })
    }

    fn hand_in(&self, job: &Job, done: Result<Piece, WriteError>) {
        let mut state = self.locked();
        let part = done.map(|mut piece| {
            // What was read is gone; what was packed stays until it is written.
            piece.cost = piece.bytes.capacity();
            state.in_flight = (state.in_flight + piece.cost).saturating_sub(job.cost);
            Part::Piece(piece)
        });
        if part.is_err() {
            state.in_flight = state.in_flight.saturating_sub(job.cost);
        }
        state.ready.insert(job.number, part);
        self.changed.notify_all();
    }

    /// A content, and what the cache has of it: packed bytes, or that packing gains
    /// nothing.
    fn content(&self, number: usize) -> Option<(Content, Option<Blob>)> {
        let mut content = self.contents.get(number)?;
        let blob = match &content.source {
            ContentSource::File(_, Some(digest)) if !content.is_stored => self
                .known
                .and_then(|known| known.find(&digest.sha256))
                .filter(|blob| (blob.size, blob.crc32) == (digest.size, digest.crc32)),
            _ => None,
        };
        content.is_stored |= blob.is_some_and(|blob| blob.method == STORED);
        Some((content, blob.filter(|blob| blob.method == DEFLATED)))
    }
}

fn run(job: &Job, deflater: &mut Deflater) -> Result<Piece, WriteError> {
    match &job.part {
        Some(large) => part(large, deflater),
        None => whole(&job.content, deflater),
    }
}

impl Content {
    fn size(&self) -> u64 {
        match &self.source {
            ContentSource::Bytes(bytes) => bytes.len() as u64,
            ContentSource::File(_, Some(digest)) => digest.size,
            ContentSource::File(path, None) => {
                fs_err::metadata(path).map_or(0, |metadata| metadata.len())
            }
        }
    }
}

/// A content that is packed in pieces, opened; none when it goes as a whole.
fn large(content: &Arc<Content>, deflater: &mut Deflater) -> Result<Option<Large>, WriteError> {
    let ContentSource::File(path, _) = &content.source else {
        return Ok(None);
    };
    let size = content.size();
    if size <= PIECE as u64 {
        return Ok(None);
    }
    let file = opened(path)?;
    let is_worth_it = !content.is_stored
        && deflater
            .is_file_worth_it(size, |at, length| read_at(&file, at, length))
            .map_err(|source| unreadable(path, source))?;
    Ok(Some(Large {
        content: content.clone(),
        file: Arc::new(file),
        at: 0,
        size,
        method: if is_worth_it { DEFLATED } else { STORED },
    }))
}

fn part(large: &Large, deflater: &mut Deflater) -> Result<Piece, WriteError> {
    let ContentSource::File(path, _) = &large.content.source else {
        return Err(WriteError::Stopped);
    };
    let failed = |source| unreadable(path, source);
    let before = large.at.min(WINDOW as u64);
    let end = large.size.min(large.at + PIECE as u64);
    let length = usize::try_from(end - large.at + before).unwrap_or(PIECE);
    let mut content = read_at(&large.file, large.at - before, length).map_err(failed)?;
    if content.len() != length {
        return Err(changed(path));
    }
    let start = usize::try_from(before).unwrap_or(WINDOW);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&content[start..]);
    let is_last = end == large.size;
    let plain = end - large.at;
    let bytes = if large.method == DEFLATED {
        deflater.piece(&content, start, is_last).map_err(failed)?
    } else {
        content.drain(..start);
        content
    };
    Ok(Piece {
        bytes,
        method: large.method,
        crc,
        plain,
        whole: large.size,
        is_last,
        cost: 0,
    })
}

fn whole(content: &Content, deflater: &mut Deflater) -> Result<Piece, WriteError> {
    let read;
    let (path, plain): (&Utf8Path, &[u8]) = match &content.source {
        ContentSource::Bytes(bytes) => (Utf8Path::new("djwar"), bytes),
        ContentSource::File(path, digest) => {
            // A file that grew must not get past the budget.
            let limit = digest.map_or(u64::MAX, |digest| digest.size + 1);
            let mut bytes = Vec::with_capacity(
                usize::try_from(digest.map_or(0, |digest| digest.size)).unwrap_or_default() + 1,
            );
            opened(path)?
                .take(limit)
                .read_to_end(&mut bytes)
                .map_err(|source| unreadable(path, source))?;
            read = bytes;
            (path, &read)
        }
    };
    let failed = |source| unreadable(path, source);
    let mut crc = crc32fast::Hasher::new();
    crc.update(plain);
    let mut packed = None;
    if !content.is_stored
        && (plain.len() <= SAMPLED || deflater.is_worth_it(plain).map_err(failed)?)
    {
        let bytes = deflater.piece(plain, 0, true).map_err(failed)?;
        packed = gains(bytes.len(), plain.len()).then_some(bytes);
    }
    let (method, mut bytes) = match packed {
        Some(bytes) => (DEFLATED, bytes),
        None => (STORED, plain.to_vec()),
    };
    bytes.shrink_to_fit();
    Ok(Piece {
        bytes,
        method,
        crc,
        plain: plain.len() as u64,
        whole: plain.len() as u64,
        is_last: true,
        cost: 0,
    })
}

/// The pieces of one content, made one by one.
pub(super) struct Again {
    content: Arc<Content>,
    large: Option<Large>,
    deflater: Deflater,
}

impl Again {
    pub(super) fn next(&mut self) -> Result<Piece, WriteError> {
        let Some(large) = &mut self.large else {
            return whole(&self.content, &mut self.deflater);
        };
        let piece = part(large, &mut self.deflater)?;
        large.at += PIECE as u64;
        Ok(piece)
    }
}

/// Smaller contents are deflated without asking a sample.
const SAMPLED: usize = 64 << 10;

struct StopOnPanic<'a, 'b>(&'a Ahead<'b>);

impl Drop for StopOnPanic<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

fn opened(path: &Utf8Path) -> Result<File, WriteError> {
    fs_err::File::open(path)
        .map(|file| file.into_parts().0)
        .map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Utf8Path, source: io::Error) -> WriteError {
    WriteError::Source {
        path: path.to_owned(),
        source,
    }
}

pub(super) fn changed(path: &Utf8Path) -> WriteError {
    WriteError::Changed {
        path: path.to_owned(),
    }
}

/// Up to `length` bytes; fewer at the file's end.
fn read_at(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    super::archive::read_at(file, at, length as u64, &mut bytes)?;
    Ok(bytes)
}

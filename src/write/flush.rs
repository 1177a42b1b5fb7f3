//! Has the disk begin while the archive is still being written, so that little is left
//! to wait for at its end. What is durable is decided by the last flush, not here.

use std::fs::File;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Bytes between two beginnings.
const STEP: u64 = 16 << 20;

/// Flushes a file now and then, on a thread of its own.
#[derive(Default)]
pub(super) struct Flusher {
    thread: Option<Thread>,
    /// Bytes that were written since the last beginning.
    waiting: u64,
}

struct Thread {
    wishes: SyncSender<()>,
    handle: JoinHandle<io::Result<()>>,
}

impl Flusher {
    /// `length` more bytes were written to `file`.
    pub(super) fn wrote(&mut self, file: &File, length: u64) -> io::Result<()> {
        self.waiting += length;
        if self.waiting < STEP {
            return Ok(());
        }
        self.waiting = 0;
        if self.thread.is_none() {
            self.thread = Some(Thread::start(file.try_clone()?)?);
        }
        // A thread that is still at work, or failed, is asked at the end.
        if let Some(thread) = &self.thread {
            let _ = thread.wishes.try_send(());
        }
        Ok(())
    }

    /// Waits for what was begun. An error of the disk is told to whoever flushes first
    /// (fsync(2)), so that the writer must hear of it here.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some(Thread { wishes, handle }) = self.thread else {
            return Ok(());
        };
        drop(wishes);
        let ended = handle.join();
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Thread {
    fn start(file: File) -> io::Result<Self> {
        let (wishes, asked) = sync_channel(1);
        let handle = std::thread::Builder::new()
            .name("flush".to_owned())
            .spawn(move || asked.iter().try_for_each(|()| file.sync_data()))?;
        Ok(Self { wishes, handle })
    }
}

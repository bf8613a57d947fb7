//! The answer: records on standard output, written by whichever thread has one.

use crate::failure::Failure;
use media::protocol::{Record, write_record};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    os::fd::AsFd,
    sync::{Mutex, PoisonError},
};

const BUFFER_BYTES: usize = 256 * 1024;

/// Writes whole records, one at a time.
pub struct Answer {
    writer: Mutex<BufWriter<Box<dyn Write + Send>>>,
}

impl Answer {
    /// An answer on standard output, past the standard library's buffering by lines.
    ///
    /// # Errors
    /// If the descriptor cannot be duplicated.
    pub fn on_stdout() -> io::Result<Self> {
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self::on(Box::new(File::from(output))))
    }
    /// An answer elsewhere.
    #[must_use]
    pub fn on(writer: Box<dyn Write + Send>) -> Self {
        Self {
            writer: Mutex::new(BufWriter::with_capacity(BUFFER_BYTES, writer)),
        }
    }
    /// Writes one record; it may stay in a buffer.
    ///
    /// # Errors
    /// [`Failure::NoListener`] if nobody reads.
    pub fn send(&self, record: &Record) -> Result<(), Failure> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(write_record(&mut *writer, record)?)
    }
    /// Writes one record and everything before it.
    ///
    /// # Errors
    /// As [`Answer::send`].
    pub fn send_now(&self, record: &Record) -> Result<(), Failure> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        write_record(&mut *writer, record)?;
        Ok(writer.flush()?)
    }
}

//! Lines of a stream, cut anywhere.

use crate::error::{Code, Failure};

/// Takes bytes and gives the lines that are whole and not blank.
#[derive(Debug)]
pub(crate) struct Lines {
    held: Vec<u8>,
    limit: usize,
}

impl Lines {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            held: Vec::new(),
            limit,
        }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<String>, Failure> {
        let mut lines = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            self.hold(line)?;
            lines.extend(self.finish()?);
            rest = after.get(1..).unwrap_or_default();
        }
        self.hold(rest)?;
        Ok(lines)
    }

    /// What came after the last end of a line.
    pub(crate) fn finish(&mut self) -> Result<Option<String>, Failure> {
        let line = String::from_utf8(std::mem::take(&mut self.held))
            .map_err(|_| Failure::new(Code::Protocol, "a line of the stream is no UTF-8"))?;
        let line = line.trim();
        Ok((!line.is_empty()).then(|| line.to_owned()))
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.held.len() + bytes.len() > self.limit {
            let message = format!("a line of the stream is longer than {} bytes", self.limit);
            return Err(Failure::new(Code::Protocol, message));
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_matter_where_it_is_cut() {
        let bytes = "{\"é\":1}\r\n\n  \n{\"b\":2}\nlast ✓".as_bytes();
        for cut in 0..=bytes.len() {
            let mut lines = Lines::new(99);
            let (one, other) = bytes.split_at(cut);
            let mut found = lines.feed(one).unwrap();
            found.extend(lines.feed(other).unwrap());
            found.extend(lines.finish().unwrap());
            assert_eq!(found, ["{\"é\":1}", "{\"b\":2}", "last ✓"], "cut at {cut}");
        }
    }

    #[test]
    fn lines_have_a_longest_length_and_are_text() {
        let mut lines = Lines::new(4);
        assert!(lines.feed(b"abcd\nabcd").is_ok());
        assert_eq!(lines.feed(b"e").unwrap_err().code, Code::Protocol);
        assert_eq!(
            Lines::new(9).feed(b"\xff\n").unwrap_err().code,
            Code::Protocol
        );
    }
}

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
    use proptest::prelude::*;

    #[test]
    fn promise_04_lines_may_be_cut_anywhere() {
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

    fn parsed(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::new(1 << 20);
        let mut found: Vec<String> = chunks
            .iter()
            .flat_map(|chunk| lines.feed(chunk).unwrap())
            .collect();
        found.extend(lines.finish().unwrap());
        found
    }

    proptest! {
        #[test]
        fn promise_04_any_cuts_of_lines_give_the_same(
            text in "([{]\"é\":[0-9]{1,3}[}]| |\r|\n|\r\n|✓){0,40}",
            cuts in prop::collection::vec(0usize..400, 0..10),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(parsed(&chunks), parsed(&[bytes]));
        }

        #[test]
        fn promise_04_no_bytes_break_the_reader_of_lines(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6),
        ) {
            let mut lines = Lines::new(100);
            let broke = chunks.iter().any(|chunk| lines.feed(chunk).is_err());
            let _ = broke || lines.finish().is_err();
        }
    }
}

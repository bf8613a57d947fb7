//! Server-sent events, cut anywhere. Ours, because the usual crates hold a frame of any length and
//! replace what is not UTF-8.

use crate::error::{Code, Failure};

/// Longest line, and longest data of one event, in bytes.
pub const MAX_FRAME_BYTES: usize = 1 << 20;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its data, lines joined.
    pub data: String,
}

/// Takes bytes and gives events. A line ends with CR, LF or both.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    after_cr: bool,
    past_first_line: bool,
    name: String,
    data: Option<String>,
}

impl Parser {
    /// The events that are whole by now.
    ///
    /// # Errors
    /// [`Code::Protocol`] if a frame is too long or no UTF-8.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Failure> {
        let mut events = Vec::new();
        for byte in bytes {
            let follows_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            match byte {
                b'\n' if follows_cr => {}
                b'\n' | b'\r' => events.extend(self.end_line()?),
                other => {
                    self.line.push(*other);
                    let held = self.line.len() + self.data.as_ref().map_or(0, String::len);
                    if held > MAX_FRAME_BYTES {
                        let message = format!("an event is longer than {MAX_FRAME_BYTES} bytes");
                        return Err(Failure::new(Code::Protocol, message));
                    }
                }
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Result<Option<Event>, Failure> {
        let line = std::mem::take(&mut self.line);
        let first = !std::mem::replace(&mut self.past_first_line, true);
        let line = match line.strip_prefix(BOM) {
            Some(rest) if first => rest,
            _ => &line,
        };
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            return Ok(self.data.take().map(|data| Event { name, data }));
        }
        let line = std::str::from_utf8(line)
            .map_err(|_| Failure::new(Code::Protocol, "an event is no UTF-8"))?;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // Comments, ids, times to come back, and whatever is new.
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str = "\u{feff}: hello\r\nevent: one\r\ndata: {\"é\":\r\ndata:1}\r\n\r\n\
        event: ping\n\ndata\n\nid: 7\rdata: ✓ plain\r\rdata: never ended";

    fn expected() -> Vec<Event> {
        let event = |name: &str, data: &str| Event {
            name: name.into(),
            data: data.into(),
        };
        vec![
            event("one", "{\"é\":\n1}"),
            event("", ""),
            event("", "✓ plain"),
        ]
    }

    fn parsed(chunks: &[&[u8]]) -> Vec<Event> {
        let mut parser = Parser::default();
        let fed = chunks.iter().map(|chunk| parser.feed(chunk).unwrap());
        fed.flatten().collect()
    }

    #[test]
    fn promise_04_events_may_be_cut_anywhere() {
        let bytes = STREAM.as_bytes();
        assert_eq!(parsed(&[bytes]), expected());
        for cut in 0..bytes.len() {
            let (one, other) = bytes.split_at(cut);
            assert_eq!(parsed(&[one, other]), expected(), "cut at {cut}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(parsed(&single), expected());
    }

    #[test]
    fn frames_have_a_longest_length() {
        let mut parser = Parser::default();
        let line = format!("data: {}\n", "x".repeat(1023));
        let failure = std::iter::repeat_with(|| parser.feed(line.as_bytes()))
            .take(2000)
            .find_map(Result::err);
        assert_eq!(failure.unwrap().code, Code::Protocol);
        let mut parser = Parser::default();
        assert!(parser.feed(&vec![b'x'; MAX_FRAME_BYTES]).is_ok());
        assert!(parser.feed(b"x").is_err());
    }

    #[test]
    fn what_is_no_text_is_no_event() {
        let failure = Parser::default().feed(b"data: \xff\n").unwrap_err();
        assert_eq!(failure.code, Code::Protocol);
    }

    proptest! {
        #[test]
        fn promise_04_any_cuts_of_events_give_the_same(text in "(data: ?[a-zé]{0,5}|event:x|:c|\r|\n|\r\n){0,40}", cuts in prop::collection::vec(0usize..200, 0..10)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(parsed(&chunks), parsed(&[bytes]));
        }

        #[test]
        fn promise_04_no_bytes_break_the_reader_of_events(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Parser::default().feed(&bytes);
        }
    }
}

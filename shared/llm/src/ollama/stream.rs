//! An answer put together from lines of JSON. An answer in one piece is one line.

use super::{
    degenerate::Watch,
    lines::Lines,
    wire::{self, ChatLine},
};
use crate::{
    completion::{Stop, Usage},
    error::{Code, Failure},
    http::{MAX_ANSWER_BYTES, Pieces, Step},
};
use std::time::Duration;

/// Longest line, in bytes.
const MAX_LINE_BYTES: usize = 1 << 20;

/// What the last line says.
#[derive(Debug)]
pub(super) struct End {
    pub(super) stop: Stop,
    pub(super) usage: Usage,
    pub(super) load: Option<Duration>,
    pub(super) model: Option<String>,
}

/// An answer on its way.
#[derive(Debug)]
pub(super) struct Assembly {
    lines: Lines,
    watch: Watch,
    text: String,
    end: Option<End>,
}

impl Assembly {
    /// One of a stream, or of an answer in one piece, which may be longer than a line.
    pub(super) fn new(streamed: bool) -> Self {
        let limit = if streamed {
            MAX_LINE_BYTES
        } else {
            MAX_ANSWER_BYTES
        };
        Self {
            lines: Lines::new(limit),
            watch: Watch::default(),
            text: String::new(),
            end: None,
        }
    }

    /// Takes what came after the last end of a line.
    pub(super) fn end_of_body(&mut self) -> Result<(), Failure> {
        if let (None, Some(line)) = (&self.end, self.lines.finish()?) {
            // An object that broke off is a stream that did.
            if serde_json::from_str::<ChatLine>(&line).is_ok() {
                self.take(&line)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(String, End), Failure> {
        let truncated = || Failure::new(Code::StreamTruncated, "the stream ended early");
        Ok((self.text, self.end.ok_or_else(truncated)?))
    }

    fn take(&mut self, line: &str) -> Result<Step, Failure> {
        let line: ChatLine = serde_json::from_str(line)
            .map_err(|_| Failure::new(Code::Protocol, "a line of the stream is not understood"))?;
        if let Some(reason) = &line.error {
            return Err(Failure::new(wire::code(Code::ServerError, reason), reason));
        }
        if line.message.is_none() && !line.done {
            let message = "a line of the stream has no message";
            return Err(Failure::new(Code::Protocol, message));
        }
        let (words, thought) = match &line.message {
            Some(message) => (message.content.clone(), message.thinking.is_some()),
            None => (String::new(), false),
        };
        self.text.push_str(&words);
        if self.watch.is_degenerate(&words) {
            let message = "the answer repeats itself without end";
            return Err(Failure::new(Code::DegenerateOutput, message));
        }
        if self.text.len() > MAX_ANSWER_BYTES {
            let message = format!("answer is longer than {MAX_ANSWER_BYTES} bytes");
            return Err(Failure::new(Code::Protocol, message));
        }
        if line.done {
            self.end = Some(End {
                stop: line.stop()?,
                usage: line.usage(),
                load: line.load_duration.map(Duration::from_nanos),
                model: line.model,
            });
        }
        Ok(match words.is_empty() {
            false => Step::Words(words),
            true if line.done || thought => Step::Progress,
            true => Step::Nothing,
        })
    }
}

impl Pieces for Assembly {
    fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Step>, Failure> {
        let mut steps = Vec::new();
        for line in self.lines.feed(bytes)? {
            if self.end.is_some() {
                break;
            }
            steps.push(self.take(&line)?);
        }
        Ok(steps)
    }

    fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    fn is_over(&self) -> bool {
        self.end.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        "{\"model\":\"gemma3:1b\",\"message\":{\"role\":\"assistant\",\"content\":\"Grüß\"},\"done\":false}\n",
        "\n",
        "{\"model\":\"gemma3:1b\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}\n",
        "{\"model\":\"gemma3:1b\",\"message\":{\"role\":\"assistant\",\"content\":\" dich\"},\"done\":false}\n",
        "{\"model\":\"gemma3:1b\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"load_duration\":2000000,\"prompt_eval_count\":26,\"eval_count\":298}\n",
    );

    fn assembled(chunks: &[&[u8]]) -> Result<(String, End), Failure> {
        let mut assembly = Assembly::new(true);
        for chunk in chunks {
            assembly.feed(chunk)?;
        }
        assembly.end_of_body()?;
        assembly.finish()
    }

    #[test]
    fn promise_04_an_answer_is_the_same_wherever_its_lines_are_cut() {
        let bytes = STREAM.as_bytes();
        for cut in 0..=bytes.len() {
            let (one, other) = bytes.split_at(cut);
            let (text, end) = assembled(&[one, other]).unwrap();
            assert_eq!(text, "Grüß dich", "cut at {cut}");
            assert_eq!(
                (end.stop, end.usage.input, end.usage.output),
                (Stop::Complete, 26, 298)
            );
            assert_eq!(end.load, Some(Duration::from_millis(2)));
        }
    }

    #[test]
    fn without_its_last_line_it_is_nothing() {
        let last = STREAM.trim_end().rfind('\n').unwrap() + 1;
        for end in 0..STREAM.len() - 1 {
            let result = assembled(&[&STREAM.as_bytes()[..end]]);
            let code = result.err().map(|failure| failure.code);
            let cut_inside_a_character = std::str::from_utf8(&STREAM.as_bytes()[..end]).is_err();
            let expected = if cut_inside_a_character {
                Code::Protocol
            } else {
                Code::StreamTruncated
            };
            assert_eq!(code, Some(expected), "ended at {end}");
        }
        assert!(last > 0);
        assert!(
            assembled(&[STREAM.trim_end().as_bytes()]).is_ok(),
            "the last end of a line may be missing"
        );
    }

    #[test]
    fn a_reason_within_the_stream_is_a_failure() {
        let error = "{\"error\":\"llama runner process has terminated\"}\n";
        let first = STREAM.find('\n').unwrap() + 1;
        let failure = assembled(&[&STREAM.as_bytes()[..first], error.as_bytes()]).unwrap_err();
        assert_eq!(failure.code, Code::ServerError);
        for odd in ["[]\n", "{}\n", "hello\n"] {
            assert_eq!(
                assembled(&[odd.as_bytes()]).unwrap_err().code,
                Code::Protocol,
                "{odd}"
            );
        }
    }

    #[test]
    fn a_loop_is_left_early() {
        let line = "{\"message\":{\"content\":\"    \"},\"done\":false}\n";
        let failure = assembled(&[line.repeat(60).as_bytes()]).unwrap_err();
        assert_eq!(failure.code, Code::DegenerateOutput);
    }

    #[test]
    fn a_full_room_is_told() {
        let line = "{\"model\":\"m\",\"message\":{\"content\":\"a\"},\"done\":true,\"done_reason\":\"length\"}";
        let (_, end) = assembled(&[line.as_bytes()]).unwrap();
        assert_eq!(end.stop, Stop::Length);
        assert!(end.usage.estimated, "nothing was counted");
        let load = line.replace("length", "load");
        assert_eq!(
            assembled(&[load.as_bytes()]).unwrap_err().code,
            Code::Protocol
        );
    }
}

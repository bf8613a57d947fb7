//! An answer put together from the events of a stream.

use super::{
    errors,
    sse::Parser,
    wire::{self, Delta, StreamEvent},
};
use crate::{
    completion::{Stop, Usage},
    error::{Code, Failure},
    http::{MAX_ANSWER_BYTES, Pieces, Step},
};

/// An answer on its way.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    parser: Parser,
    with_tool: bool,
    text: String,
    model: Option<String>,
    usage: Usage,
    stop: Option<Stop>,
    over: bool,
}

impl Assembly {
    pub(super) fn new(with_tool: bool) -> Self {
        Self {
            with_tool,
            ..Self::default()
        }
    }

    /// The words, why they ended, the model and its count.
    pub(super) fn finish(self) -> Result<(String, Stop, String, Usage), Failure> {
        let truncated = || Failure::new(Code::StreamTruncated, "the stream ended early");
        let stop = self.stop.ok_or_else(truncated)?;
        if !self.over {
            tracing::warn!("a stream ended without its last event");
        }
        Ok((
            self.text,
            stop,
            self.model.ok_or_else(truncated)?,
            self.usage,
        ))
    }

    fn take(&mut self, data: &str) -> Result<Step, Failure> {
        let event: StreamEvent = serde_json::from_str(data).map_err(|_| {
            Failure::new(Code::Protocol, "an event of the stream is not understood")
        })?;
        match event {
            StreamEvent::MessageStart { message } => {
                message.usage.update(&mut self.usage);
                self.model = Some(message.model);
                // Whoever is overloaded says so after this one.
                return Ok(Step::Nothing);
            }
            StreamEvent::ContentBlockDelta { delta } => return self.add(delta),
            StreamEvent::MessageDelta { delta, usage } => {
                usage.update(&mut self.usage);
                if let Some(reason) = delta.stop_reason {
                    self.stop = Some(wire::stop(&reason, self.with_tool)?);
                }
            }
            StreamEvent::MessageStop {} => self.over = true,
            StreamEvent::Error { error } if self.stop.is_none() => {
                return Err(errors::of_event(&error));
            }
            StreamEvent::Error { .. } | StreamEvent::Other => return Ok(Step::Nothing),
            StreamEvent::ContentBlockStart {} => {}
        }
        Ok(Step::Progress)
    }

    fn add(&mut self, delta: Delta) -> Result<Step, Failure> {
        let words = match delta {
            Delta::Text { text } => text,
            Delta::Input { partial_json } if self.with_tool => partial_json,
            _ => return Ok(Step::Progress),
        };
        self.text.push_str(&words);
        if self.text.len() > MAX_ANSWER_BYTES {
            let message = format!("answer is longer than {MAX_ANSWER_BYTES} bytes");
            return Err(Failure::new(Code::Protocol, message));
        }
        Ok(Step::Words(words))
    }
}

impl Pieces for Assembly {
    fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Step>, Failure> {
        let events = match self.parser.feed(bytes) {
            // Nothing after the end of an answer takes it back.
            Err(_) if self.stop.is_some() => {
                self.over = true;
                return Ok(Vec::new());
            }
            other => other?,
        };
        let mut steps = Vec::new();
        for event in events {
            if self.over {
                break;
            }
            steps.push(self.take(&event.data)?);
        }
        Ok(steps)
    }

    fn is_complete(&self) -> bool {
        self.stop.is_some()
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n",
        "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"x\"}}\n\n",
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"Grüß\"}}\n\n",
        "event: new\ndata: {\"type\":\"something_new\",\"x\":1}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\" dich\"}}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":15}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    );

    fn assembled(chunks: &[&[u8]]) -> Result<(String, Stop, String, Usage), Failure> {
        let mut assembly = Assembly::new(false);
        for chunk in chunks {
            assembly.feed(chunk)?;
        }
        assembly.finish()
    }

    #[test]
    fn promise_04_an_answer_is_the_same_wherever_its_events_are_cut() {
        let bytes = STREAM.as_bytes();
        let expected = assembled(&[bytes]).unwrap();
        assert_eq!(expected.0, "Grüß dich");
        assert_eq!(
            (expected.1, expected.2.as_str()),
            (Stop::Complete, "claude-x")
        );
        assert_eq!((expected.3.input, expected.3.output), (25, 15));
        for cut in 0..bytes.len() {
            let (one, other) = bytes.split_at(cut);
            assert_eq!(assembled(&[one, other]).unwrap(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn it_is_complete_once_the_reason_to_end_was_said_and_not_before() {
        let bytes = STREAM.as_bytes();
        let reason = STREAM.find("\"stop_reason\":\"end_turn\"").unwrap();
        let told = reason + STREAM[reason..].find("\n\n").unwrap() + 2;
        for end in 0..bytes.len() {
            let result = assembled(&[&bytes[..end]]);
            assert_eq!(result.is_ok(), end >= told, "ended at {end}");
            if let Err(failure) = result {
                assert_eq!(failure.code, Code::StreamTruncated);
            }
        }
    }

    #[test]
    fn a_failure_within_the_stream_is_a_failure_until_the_end_was_said() {
        let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
        let before = STREAM.find("event: message_delta").unwrap();
        let failure = assembled(&[&STREAM.as_bytes()[..before], error.as_bytes()]).unwrap_err();
        assert_eq!(failure.code, Code::Overloaded);
        let after = STREAM.find("event: message_stop").unwrap();
        assert!(assembled(&[&STREAM.as_bytes()[..after], error.as_bytes()]).is_ok());
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for data in [
            "data: {\"type\":\"message_delta\"}\n\n",
            "data: hello\n\n",
            "data: [1]\n\n",
        ] {
            let failure = assembled(&[data.as_bytes()]).unwrap_err();
            assert_eq!(failure.code, Code::Protocol, "{data}");
        }
    }
}

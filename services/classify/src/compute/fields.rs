//! Fields of a JSON object while it is being written: each is told as soon as it is complete.

use serde_json::Value;

/// Longest answer that is read so, in bytes; what follows is not told.
const MAX_BYTES: usize = 256 * 1024;

/// Where the reader stands in the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before its brace.
    Before,
    /// Before a name, or the end.
    Name,
    /// In the value that begins here.
    Value {
        /// Where the entry begins, its name included.
        entry: usize,
        /// How many brackets are open within.
        depth: usize,
    },
    /// Behind it, or in something that is none.
    Over,
}

/// Reads an object piece by piece. Text before it, as a fence of Markdown, is passed over.
#[derive(Debug)]
pub struct FieldReader {
    text: String,
    /// How far the text was looked at, in bytes.
    seen: usize,
    place: Place,
    in_text: bool,
    escaped: bool,
}

impl Default for FieldReader {
    fn default() -> Self {
        Self {
            text: String::new(),
            seen: 0,
            place: Place::Before,
            in_text: false,
            escaped: false,
        }
    }
}

impl FieldReader {
    /// Takes the next piece, and gives the fields that it completes, in their order.
    pub fn feed(&mut self, piece: &str) -> Vec<(String, Value)> {
        if self.text.len() + piece.len() > MAX_BYTES {
            self.place = Place::Over;
        }
        if self.place == Place::Over {
            return Vec::new();
        }
        self.text.push_str(piece);
        let mut told = Vec::new();
        let from = self.seen;
        self.seen = self.text.len();
        let fresh: Vec<(usize, u8)> = self.text.bytes().enumerate().skip(from).collect();
        for (at, byte) in fresh {
            told.extend(self.step(at, byte));
        }
        told
    }

    /// Every byte that has a meaning here is ASCII, so that bytes will do.
    fn step(&mut self, at: usize, byte: u8) -> Option<(String, Value)> {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return None;
        }
        match self.place {
            Place::Before if byte == b'{' => self.place = Place::Name,
            Place::Before | Place::Over => {}
            Place::Name => match byte {
                b'"' => {
                    self.in_text = true;
                    self.place = Place::Value {
                        entry: at,
                        depth: 0,
                    };
                }
                b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => self.place = Place::Over,
            },
            Place::Value { entry, depth } => return self.in_value(at, byte, entry, depth),
        }
        None
    }

    fn in_value(
        &mut self,
        at: usize,
        byte: u8,
        entry: usize,
        depth: usize,
    ) -> Option<(String, Value)> {
        let depth = match (byte, depth) {
            (b'"', _) => {
                self.in_text = true;
                depth
            }
            (b'{' | b'[', _) => depth + 1,
            (b',' | b'}', 0) => {
                self.place = if byte == b',' {
                    Place::Name
                } else {
                    Place::Over
                };
                let read = self.text.get(entry..at).and_then(read);
                if read.is_none() {
                    self.place = Place::Over;
                }
                return read;
            }
            (b'}' | b']', depth) => depth.saturating_sub(1),
            _ => depth,
        };
        self.place = Place::Value { entry, depth };
        None
    }
}

/// The entry that stands there, if it is whole.
fn read(entry: &str) -> Option<(String, Value)> {
    let object: Value = serde_json::from_str(&format!("{{{entry}}}")).ok()?;
    let (name, value) = object.as_object()?.iter().next()?;
    Some((name.clone(), value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn all(pieces: &[&str]) -> Vec<(String, Value)> {
        let mut reader = FieldReader::default();
        pieces.iter().flat_map(|piece| reader.feed(piece)).collect()
    }

    #[test]
    fn a_field_is_told_when_it_is_complete_and_not_before() {
        let mut reader = FieldReader::default();
        assert!(reader.feed("```json\n{\"icp_match\": tru").is_empty());
        assert_eq!(reader.feed("e,"), [("icp_match".into(), json!(true))]);
        assert!(reader.feed("\"score\": 4").is_empty());
        assert!(reader.feed("2.5").is_empty(), "there may be more digits");
        let told = reader.feed("\n, \"tags\": [\"a,b}\", {\"x\": \"\\\"\"}]");
        assert_eq!(told, [("score".into(), json!(42.5))]);
        let told = reader.feed("}");
        let tags = json!(["a,b}", {"x": "\""}]);
        assert_eq!(told, [("tags".into(), tags)]);
        assert!(reader.feed(" {\"more\": 1}").is_empty(), "one object");
    }

    #[test]
    fn what_is_no_object_tells_nothing() {
        for text in ["", "no object", "{]", "{\"a\" 1}", "{\"a\": tru}", "{a: 1}"] {
            assert_eq!(all(&[text]), [], "{text}");
        }
        assert_eq!(all(&["{\"a\": 1", ", \"b\": oops}"]).len(), 1);
        let long = "x".repeat(MAX_BYTES);
        assert_eq!(all(&["{\"a\": 1, \"b\": \"", &long, "\"}"]).len(), 1);
    }

    fn scalar() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~äß\\\\\"{}\\[\\],:]{0,12}".prop_map(Value::from),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let list = prop::collection::vec(scalar(), 0..4).prop_map(Value::from);
        let object = prop::collection::btree_map("[a-z]{1,3}", scalar(), 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect()));
        prop_oneof![scalar(), list, object]
    }

    proptest! {
        #[test]
        fn where_pieces_end_does_not_matter(
            fields in prop::collection::btree_map("[a-z_\"\\\\]{1,6}", value(), 0..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            is_pretty in any::<bool>(),
        ) {
            let object = Value::Object(fields.clone().into_iter().collect());
            let text = if is_pretty {
                serde_json::to_string_pretty(&object).unwrap()
            } else {
                object.to_string()
            };
            let mut ends: Vec<usize> = cuts
                .iter()
                .map(|cut| cut.index(text.len() + 1))
                .filter(|cut| text.is_char_boundary(*cut))
                .chain([0, text.len()])
                .collect();
            ends.sort_unstable();
            let pieces: Vec<&str> = ends.windows(2).map(|two| &text[two[0]..two[1]]).collect();
            let expected: Vec<(String, Value)> = fields.into_iter().collect();
            prop_assert_eq!(all(&pieces), expected);
        }
    }
}

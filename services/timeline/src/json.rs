//! JSON as consumers read it: ASCII only, keys in insertion order, no trailing newline, and no
//! number that JSON cannot hold.

mod finite;

use serde::Serialize;
use serde_json::{
    Serializer, Value,
    ser::{CharEscape, Formatter, PrettyFormatter},
};
use std::io;

/// Most results fit into so many bytes.
const USUAL_BYTES: usize = 16 * 1024;

/// Why a value was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A NaN or an infinity, which JSON would turn into null without a word.
    #[error("a number is not finite; every division needs a rule for zero")]
    NotFinite,
    /// A value of a shape JSON cannot hold.
    #[error("value cannot be written as JSON")]
    Unwritable(#[from] serde_json::Error),
}

/// Writes `value` with an indent of two spaces.
///
/// # Errors
/// [`Error::NotFinite`] if any number in it is.
pub fn pretty<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    write(value, Ascii(PrettyFormatter::with_indent(b"  ")))
}

/// Writes `value` on one line, with `", "` and `": "` as separators.
///
/// # Errors
/// [`Error::NotFinite`] if any number in it is.
pub fn compact<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let bytes = write(value, Ascii(Spaced))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes trees, which hold finite numbers only, with an indent of two spaces.
///
/// # Errors
/// [`Error::Unwritable`], which the types rule out.
pub fn pretty_tree<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    written(value, Ascii(PrettyFormatter::with_indent(b"  ")))
}

/// Writes trees, which hold finite numbers only, on one line.
///
/// # Errors
/// [`Error::Unwritable`], which the types rule out.
pub fn compact_tree<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let bytes = written(value, Ascii(Spaced))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Turns `value` into a tree.
///
/// # Errors
/// [`Error::NotFinite`] if any number in it is.
pub fn tree<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    finite::check(value)?;
    Ok(serde_json::to_value(value)?)
}

fn write<T: Serialize + ?Sized, F: Formatter>(value: &T, format: F) -> Result<Vec<u8>, Error> {
    finite::check(value)?;
    written(value, format)
}

fn written<T: Serialize + ?Sized, F: Formatter>(value: &T, format: F) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, format))?;
    Ok(bytes)
}

/// The layout of `F`, with everything outside printable ASCII escaped.
struct Ascii<F>(F);

impl<F: Formatter> Formatter for Ascii<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Nearly all of what is written is plain.
        if fragment.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !(' '..='~').contains(&c)) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = tail.chars();
            if let Some(character) = characters.next() {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }
    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }
    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

/// One line, with a space after every comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

//! A message as the XML of a SOAP body. quick-xml writes; yaserde reads, and only what the gate of `xroad` has passed:
//! yaserde checks neither depth nor well-formedness well enough for the network (engineering.md §2.3).

use std::fmt::{self, Write};

use xroad::xml::Element;
use yaserde::__xml::reader::{EventReader, ParserConfig};
use yaserde::YaDeserialize;
use yaserde::de::Deserializer;

use super::Message;

/// A value that has no XML form. Ours to mend: every contract type has one.
#[derive(Debug, thiserror::Error)]
#[error("{wrapper} cannot be written as XML: {cause}")]
pub struct WriteError {
    wrapper: &'static str,
    cause: quick_xml::SeError,
}

/// XML that is not the message expected. The sender's fault.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the element is not {0}")]
    Wrapper(&'static str),
    #[error("{wrapper} does not follow its schema")]
    Content {
        wrapper: &'static str,
        /// May quote the text that was read, so it is no part of the error's own text.
        cause: Box<yaserde::Error>,
    },
}

/// The complete wrapper element with its namespace as the default one. Members stand in the order of the schema.
///
/// A character that XML cannot hold (JSON can) is written as U+FFFD, a carriage return as its reference, so that the
/// result is always well-formed and reads back as it was.
pub fn to_xml<T: Message>(message: &T) -> Result<String, WriteError> {
    let mut out = String::with_capacity(512);
    write_xml(message, &mut out)?;
    Ok(out)
}

/// [`to_xml`] at the end of a text that is there already. After an error `out` holds a part of the element.
pub fn write_xml<T: Message>(message: &T, out: &mut String) -> Result<(), WriteError> {
    for part in ["<", T::WRAPPER, " xmlns=\"", T::NAMESPACE, "\""] {
        out.push_str(part);
    }
    let mut sink = Sink { out, skip: T::WRAPPER.len() + 1 };
    quick_xml::se::Serializer::with_root(&mut sink, Some(T::WRAPPER))
        .and_then(|serializer| message.serialize(serializer))
        .map(|_| ())
        .map_err(|cause| WriteError { wrapper: T::WRAPPER, cause })
}

/// Reads a body element that has passed the gate.
pub fn from_element<T: Message>(element: &Element) -> Result<T, ReadError> {
    if !element.is(T::NAMESPACE, T::WRAPPER) {
        return Err(ReadError::Wrapper(T::WRAPPER));
    }
    from_xml(&element.to_xml())
}

/// Reads a wrapper from text of our own making or from a test. Its name is not checked, unknown members are passed over.
pub fn from_xml<T: Message>(xml: &str) -> Result<T, ReadError> {
    // yaserde's own configuration trims every text.
    let config = ParserConfig::new()
        .trim_whitespace(false)
        .whitespace_to_characters(true)
        .cdata_to_characters(true)
        .ignore_comments(true)
        .coalesce_characters(true);
    let mut reader = Deserializer::new(EventReader::new_with_config(xml.as_bytes(), config));
    <T as YaDeserialize>::deserialize(&mut reader)
        .map_err(|cause| ReadError::Content { wrapper: T::WRAPPER, cause: Box::new(cause) })
}

/// Takes what quick-xml writes, without the start of the root tag, which is written with the namespace already.
struct Sink<'o> {
    out: &'o mut String,
    skip: usize,
}

impl Write for Sink<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let skipped = self.skip.min(text.len());
        self.skip -= skipped;
        let text = text.get(skipped..).ok_or(fmt::Error)?;
        // 0xEF begins U+FFFE and U+FFFF, and little else that is common.
        let plain = text.bytes().all(|b| (b >= 0x20 && b != 0xEF) || matches!(b, b'\t' | b'\n'));
        if plain {
            self.out.push_str(text);
        } else {
            text.chars().for_each(|c| match c {
                '\r' => self.out.push_str("&#13;"),
                '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {
                    self.out.push(char::REPLACEMENT_CHARACTER);
                }
                _ => self.out.push(c),
            });
        }
        Ok(())
    }
}

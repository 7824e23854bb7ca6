//! XML from the network, one way for every door: decode, check, build a small tree, take the fields out of it.
//! No schema, no entity, no external resource: nothing in here ever fetches. SOAP is the neighbour's work.

mod chars;
mod decode;
mod element;
mod error;
pub mod escape;
mod fields;
mod gate;
#[cfg(test)]
mod tests;

pub use element::{Attribute, Element};
pub use error::{Limits, XmlError, XmlRule};
pub use fields::{Binary, FieldError, FieldRule, Fields};

pub(crate) use chars::is_blank;
pub(crate) use decode::decode;
pub(crate) use element::{build, write};
pub(crate) use gate::{Gate, Start, Token};

pub(crate) const NS_XML: &str = "http://www.w3.org/XML/1998/namespace";
pub(crate) const NS_XMLNS: &str = "http://www.w3.org/2000/xmlns/";
pub(crate) const NS_XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Reads one whole document with the same checks as a SOAP message passes.
///
/// `charset` is what the transport says about the encoding; it counts only where the document is silent.
pub fn parse(bytes: &[u8], charset: Option<&str>, limits: &Limits) -> Result<Element, XmlError> {
    if bytes.len() > limits.bytes {
        return Err(XmlError::at(XmlRule::TooLarge, limits.bytes));
    }
    let text = decode(bytes, charset)?;
    let mut gate = Gate::new(&text, *limits)?;
    let Token::Start(start) = gate.next()? else { return Err(XmlError::at(XmlRule::Empty, 0)) };
    let root = build(&mut gate, start, &mut |_| {})?;
    gate.next()?;
    Ok(root)
}

//! Content codings that the HTTP client of a security server undoes by itself (xroad.md §3.2).

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http::{HeaderMap, header};
use hyper::body::Body;

use super::errors::{Rejection, Suffix};
use super::message::next_data;
use super::spool::{Spool, Spooling};

/// A coding that is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
}

/// Which coding a response has; other than gzip, deflate and identity fail the exchange.
pub(super) fn undo(headers: &HeaderMap) -> Result<Option<Coding>, Rejection> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(None) };
    match String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(None),
        "gzip" | "x-gzip" => Ok(Some(Coding::Gzip)),
        "deflate" => Ok(Some(Coding::Deflate)),
        _ => Err(Rejection::new(Suffix::IoError, "unsupported Content-Encoding")),
    }
}

/// Reads a coded body to its end, decoded.
pub(super) async fn decode<B>(coding: Coding, body: B) -> Result<Spool, Rejection>
where
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    let mut body = std::pin::pin!(body);
    let mut decoder: Option<Decoder> = None;
    while let Some(data) = next_data(&mut body).await? {
        let Some(first) = data.first() else { continue };
        let decoder = decoder.get_or_insert_with(|| Decoder::new(coding, *first));
        decoder.write(&data).map_err(|error| broken(&error))?;
    }
    let spooling = match decoder {
        Some(decoder) => decoder.finish().map_err(|error| broken(&error))?,
        None => Spooling::new(),
    };
    Ok(spooling.finish())
}

enum Decoder {
    Gzip(GzDecoder<Spooling>),
    Zlib(ZlibDecoder<Spooling>),
    /// "deflate" without the zlib wrapper, which servers send too.
    Raw(DeflateDecoder<Spooling>),
}

impl Decoder {
    fn new(coding: Coding, first: u8) -> Self {
        match coding {
            Coding::Gzip => Self::Gzip(GzDecoder::new(Spooling::new())),
            Coding::Deflate if first & 0x0F == 8 => Self::Zlib(ZlibDecoder::new(Spooling::new())),
            Coding::Deflate => Self::Raw(DeflateDecoder::new(Spooling::new())),
        }
    }

    fn write(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(decoder) => decoder.write_all(data),
            Self::Zlib(decoder) => decoder.write_all(data),
            Self::Raw(decoder) => decoder.write_all(data),
        }
    }

    fn finish(self) -> io::Result<Spooling> {
        match self {
            Self::Gzip(decoder) => decoder.finish(),
            Self::Zlib(decoder) => decoder.finish(),
            Self::Raw(decoder) => decoder.finish(),
        }
    }
}

fn broken(error: &io::Error) -> Rejection {
    Rejection::new(Suffix::IoError, format!("the coded body is broken: {}", error.kind()))
}

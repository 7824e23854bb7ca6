//! Content-Transfer-Encoding undone while the bytes stream by: base64 and quoted-printable.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::MimeError;

#[derive(Debug)]
pub(super) enum Transfer {
    Identity,
    Base64 { pending: Vec<u8>, padded: bool },
    QuotedPrintable { pending: Vec<u8> },
}

impl Transfer {
    pub(super) fn named(name: Option<&str>) -> Result<Self, MimeError> {
        let name = name.unwrap_or("8bit").trim();
        if ["7bit", "8bit", "binary"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
            Ok(Self::Identity)
        } else if name.eq_ignore_ascii_case("base64") {
            Ok(Self::Base64 { pending: Vec::new(), padded: false })
        } else if name.eq_ignore_ascii_case("quoted-printable") {
            Ok(Self::QuotedPrintable { pending: Vec::new() })
        } else {
            Err(MimeError::Encoding)
        }
    }

    pub(super) const fn is_identity(&self) -> bool {
        matches!(self, Self::Identity)
    }

    /// Decodes the next piece into `out`. `last` says that no more comes.
    pub(super) fn decode(&mut self, piece: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), MimeError> {
        match self {
            Self::Identity => out.extend_from_slice(piece),
            Self::Base64 { pending, padded } => base64(pending, padded, piece, last, out)?,
            Self::QuotedPrintable { pending } => quoted_printable(pending, piece, last, out)?,
        }
        Ok(())
    }
}

fn base64(
    pending: &mut Vec<u8>,
    padded: &mut bool,
    piece: &[u8],
    last: bool,
    out: &mut Vec<u8>,
) -> Result<(), MimeError> {
    let digits = piece.iter().copied().filter(|b| !b.is_ascii_whitespace());
    pending.extend(digits);
    if *padded && !pending.is_empty() {
        return Err(MimeError::Decoding); // content behind the padding
    }
    let whole = pending.len() / 4 * 4;
    if last && whole != pending.len() {
        return Err(MimeError::Decoding);
    }
    let complete: Vec<u8> = pending.drain(..whole).collect();
    *padded |= complete.last() == Some(&b'=');
    STANDARD.decode_vec(complete, out).map_err(|_| MimeError::Decoding)?;
    if *padded && !pending.is_empty() { Err(MimeError::Decoding) } else { Ok(()) }
}

/// RFC 2045 section 6.7. Only the unfinished end of a line waits: an escape, or white space that may be trailing.
fn quoted_printable(pending: &mut Vec<u8>, piece: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), MimeError> {
    /// More trailing white space than any line may have.
    const WAITING: usize = 1024;
    pending.extend_from_slice(piece);
    let mut rest = pending.as_slice();
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'=' => {
                let line = after.iter().position(|b| !matches!(b, b' ' | b'\t'));
                match (after, line.and_then(|at| after.get(at..))) {
                    ([a, b, more @ ..], _) if hex(*a).is_some() && hex(*b).is_some() => {
                        out.push(hex(*a).unwrap_or_default() << 4 | hex(*b).unwrap_or_default());
                        rest = more;
                    }
                    (_, Some([b'\r', b'\n', more @ ..] | [b'\n', more @ ..])) => rest = more,
                    (_, None | Some([b'\r'])) if last => rest = &[], // a soft line break at the very end
                    (_, None | Some([b'\r'])) => break,
                    ([a], _) if hex(*a).is_some() && !last => break,
                    _ => return Err(MimeError::Decoding),
                }
            }
            b' ' | b'\t' => {
                let blank = rest.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(rest.len());
                let (space, more) = rest.split_at_checked(blank).unwrap_or((rest, &[]));
                match more {
                    [] | [b'\r'] if !last => break,
                    [] | [b'\r', b'\n', ..] | [b'\n', ..] => {} // trailing white space is no content
                    _ => out.extend_from_slice(space),
                }
                rest = more;
            }
            _ => {
                let plain = rest.iter().position(|b| matches!(b, b'=' | b' ' | b'\t')).unwrap_or(rest.len());
                let (text, more) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
                out.extend_from_slice(text);
                rest = more;
            }
        }
    }
    let kept = rest.len();
    if kept > WAITING || (last && kept > 0) {
        return Err(MimeError::Decoding);
    }
    let done = pending.len() - kept;
    pending.drain(..done);
    Ok(())
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(name: &str, text: &[u8], step: usize) -> Result<Vec<u8>, MimeError> {
        let mut transfer = Transfer::named(Some(name))?;
        let mut out = Vec::new();
        for piece in text.chunks(step) {
            transfer.decode(piece, false, &mut out)?;
        }
        transfer.decode(&[], true, &mut out)?;
        Ok(out)
    }

    #[test]
    fn every_split_decodes_to_the_same() {
        let cases: [(&str, &str, &str); 6] = [
            ("base64", "aGVp\r\nIQ==\r\n", "hei!"),
            ("BASE64", "", ""),
            ("quoted-printable", "a=C3=A4 b  \r\nsoft=\r\nline= \t\nend", "aä b\r\nsoftlineend"),
            ("quoted-printable", "tail  ", "tail"),
            ("quoted-printable", "soft=", "soft"),
            ("8bit", "a=b", "a=b"),
        ];
        for (name, text, expected) in cases {
            for step in 1..=text.len().max(1) {
                assert_eq!(decode(name, text.as_bytes(), step), Ok(expected.as_bytes().to_vec()), "{text:?} by {step}");
            }
        }
        for (name, bad) in
            [("base64", "aGV"), ("base64", "aGVp!==="), ("base64", "IQ==aGVp"), ("quoted-printable", "=zz")]
        {
            for step in 1..=bad.len() {
                assert_eq!(decode(name, bad.as_bytes(), step), Err(MimeError::Decoding), "{bad:?} by {step}");
            }
        }
        assert_eq!(decode("x-uuencode", b"", 1), Err(MimeError::Encoding));
    }
}

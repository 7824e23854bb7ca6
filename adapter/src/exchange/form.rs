//! Orders as a form (`multipart/form-data`): the part `message` is the order as JSON, every other part a file. Takes the
//! form apart; what the order says is not read here.

use futures_util::stream;
use silta_client::common::{ErrorCode, Refusal};

use super::incoming::Incoming;
use super::order::not_kept;
use super::spool::Spool;

/// Why a form is refused. Rules wait until all of it has been read, so that its digest is that of the whole.
pub(super) enum Wrong {
    TooManyParts,
    Refused(Refusal),
}

/// Reads a form of at most `most` parts; its files go to the spool, the order's JSON to the caller.
pub(super) async fn read<B>(
    content_type: &str,
    incoming: &mut Incoming<B>,
    spool: &mut Spool,
    most: usize,
) -> Result<Result<Vec<u8>, Wrong>, Refusal>
where
    B: http_body::Body<Data = bytes::Bytes> + Send + Unpin,
{
    let boundary = multer::parse_boundary(content_type).map_err(unreadable)?;
    let pieces = stream::unfold(&mut *incoming, |incoming| async move {
        incoming.next().await.transpose().map(|piece| (piece, incoming))
    });
    let mut form = multer::Multipart::new(Box::pin(pieces), boundary);
    let mut message: Option<Vec<u8>> = None;
    let mut wrong = None;
    let mut parts = 0;
    while let Some(mut part) = form.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        parts += 1;
        if parts > most {
            wrong = Some(Wrong::TooManyParts);
            break;
        }
        let is_message = name == "message" && message.is_none();
        if name == "message" && !is_message {
            wrong.get_or_insert(refused(ErrorCode::InvalidField, "is given more than once", Some("message")));
        } else if spool.has(&name) {
            wrong.get_or_insert(refused(ErrorCode::InvalidField, "two parts of the form have the same name", None));
        }
        if !is_message {
            spool.begin(Some(name));
        }
        let mut text = Vec::new();
        while let Some(piece) = part.chunk().await.map_err(unreadable)? {
            if is_message {
                text.extend_from_slice(&piece);
            } else {
                spool.put(&piece).map_err(|error| not_kept(&error))?;
            }
        }
        if is_message {
            message = Some(text);
        } else {
            spool.end();
        }
    }
    drop(form);
    incoming.pass().await?;
    Ok(match (wrong, message) {
        (Some(wrong), _) => Err(wrong),
        (None, None) => {
            Err(refused(ErrorCode::MissingField, "the form needs a part with the order as JSON", Some("message")))
        }
        (None, Some(message)) => Ok(message),
    })
}

fn refused(code: ErrorCode, text: &str, field: Option<&str>) -> Wrong {
    let refusal = Refusal::new(code, text);
    Wrong::Refused(match field {
        Some(field) => refusal.at(field),
        None => refusal,
    })
}

/// What the body itself could not give is passed on as it is.
fn unreadable(error: multer::Error) -> Refusal {
    let malformed = || Refusal::new(ErrorCode::Malformed, "the form cannot be read");
    match error {
        multer::Error::StreamReadFailed(inner) => inner.downcast::<Refusal>().map_or_else(|_| malformed(), |it| *it),
        _ => malformed(),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use silta_client::common::ErrorCode;

    use super::{Wrong, read};
    use crate::exchange::incoming::Incoming;
    use crate::exchange::spool::Spool;
    use crate::telemetry::Metrics;

    const ORDER: &str = r#"{"orderId":"1","recipients":[{"id":"x"}],"title":"t","body":"b"}"#;

    fn form(parts: &[(&str, &str)]) -> String {
        let parts = parts
            .iter()
            .map(|(name, text)| format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"));
        parts.chain(["--xx--\r\n".to_owned()]).collect()
    }

    #[tokio::test]
    async fn a_form_has_one_message_and_files_with_names_of_their_own() {
        for (parts, limit, expected) in [
            (&[("a", "1"), ("message", ORDER), ("b", "2")][..], 9_000, Ok(2)),
            (&[("a", "1"), ("message", ORDER), ("a", "2")], 9_000, Err(ErrorCode::InvalidField)),
            (&[("message", ORDER), ("message", ORDER)], 9_000, Err(ErrorCode::InvalidField)),
            (&[("a", "1")], 9_000, Err(ErrorCode::MissingField)),
            (&[("message", ORDER); 4], 9_000, Err(ErrorCode::TooMany)),
            (&[("message", ORDER)], 100, Err(ErrorCode::TooLarge)),
        ] {
            let text = form(parts);
            let pieces: Vec<_> = text
                .as_bytes()
                .chunks(7)
                .map(|it| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(it))))
                .collect();
            let body = StreamBody::new(stream::iter(pieces));
            let mut incoming = Incoming::new(body, Duration::from_secs(9), limit, "rest_body", Metrics::new());
            incoming.hash();
            let mut spool = Spool::keeping(&std::env::temp_dir());
            let read = read("multipart/form-data; boundary=xx", &mut incoming, &mut spool, 3).await;
            let whole = read.is_ok();
            let outcome = match read {
                Ok(Ok(_)) => Ok(spool.into_files().len()),
                Ok(Err(Wrong::TooManyParts)) => Err(ErrorCode::TooMany),
                Ok(Err(Wrong::Refused(refusal))) | Err(refusal) => Err(refusal.code),
            };
            assert_eq!(outcome, expected, "{parts:?}");
            if whole {
                let digest = crate::exchange::evidence::sha512(text.as_bytes());
                assert_eq!(incoming.take_digest(), Some(digest), "{parts:?}");
            }
        }
    }
}

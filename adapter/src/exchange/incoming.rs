//! A request's body as it arrives: in time, within its bounds, hashed on the way when asked for.

use std::pin::Pin;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA512};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use silta_client::common::{ErrorCode, Refusal};
use tokio::time::Sleep;

use crate::telemetry::Metrics;

/// How much of a refused request's body is read only to be dropped, and how long at most.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

pub(super) struct Incoming<B> {
    body: B,
    /// `body`: the time for the whole body, from its first reading on.
    time: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
    limit: usize,
    /// The limit's key.
    name: &'static str,
    left: usize,
    digest: Option<Context>,
    /// It did not come in time or broke off: nothing more is waited for.
    lost: bool,
    metrics: Metrics,
}

impl<B> Incoming<B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    /// A body of at most `limit` bytes; `name` is the limit's key.
    pub(super) fn new(body: B, time: Duration, limit: usize, name: &'static str, metrics: Metrics) -> Self {
        Incoming { body, time, deadline: None, limit, name, left: limit, digest: None, lost: false, metrics }
    }

    /// Puts another limit in place. Refuses at once what announces more.
    pub(super) fn at_most(&mut self, limit: usize, name: &'static str) -> Result<(), Refusal> {
        (self.limit, self.name, self.left) = (limit, name, limit);
        if self.announces_too_much() { Err(self.too_large()) } else { Ok(()) }
    }

    /// Hashes what is read from now on.
    pub(super) fn hash(&mut self) {
        self.digest = Some(Context::new(&SHA512));
    }

    /// SHA-512 of what was read since `hash`.
    pub(super) fn take_digest(&mut self) -> Option<Vec<u8>> {
        self.digest.take().map(|digest| digest.finish().as_ref().to_vec())
    }

    /// The next piece of data; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.time)));
            let frame = tokio::select! {
                biased;
                frame = self.body.frame() => frame,
                () = deadline.as_mut() => {
                    self.lost = true;
                    self.metrics.limit_hit("body");
                    let text = format!("the request's body did not arrive within {:?}", self.time);
                    return Err(Refusal::new(ErrorCode::Malformed, text));
                }
            };
            let frame = match frame {
                Some(Ok(frame)) => frame,
                None => return Ok(None),
                Some(Err(_)) => {
                    self.lost = true;
                    let text = "the request's body broke off or is not HTTP";
                    return Err(Refusal::new(ErrorCode::Malformed, text));
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            self.left = self.left.checked_sub(data.len()).ok_or_else(|| self.too_large())?;
            if let Some(digest) = &mut self.digest {
                digest.update(&data);
            }
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }

    /// The whole body. One that comes in one piece is not copied.
    pub(super) async fn whole(&mut self) -> Result<Bytes, Refusal> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(more) = self.next().await? {
            all.extend_from_slice(&more);
        }
        Ok(all.freeze())
    }

    /// Reads to the end and keeps nothing.
    pub(super) async fn pass(&mut self) -> Result<(), Refusal> {
        while self.next().await?.is_some() {}
        Ok(())
    }

    /// Reads what is left of a refused request's body and drops it. A security server that is still writing when we
    /// close would report a broken connection to its consumer, not our reason. Takes no longer than `left`.
    pub(super) async fn drain(&mut self, left: Duration) {
        if self.lost {
            return;
        }
        let rest = async {
            let mut left = DRAIN_BYTES;
            while let Some(Ok(frame)) = self.body.frame().await {
                let size = frame.data_ref().map_or(0, Bytes::len);
                let Some(less) = left.checked_sub(size) else { return };
                left = less;
            }
        };
        let _ = tokio::time::timeout(left.min(DRAIN_TIME), rest).await;
    }

    fn announces_too_much(&self) -> bool {
        usize::try_from(self.body.size_hint().lower()).map_or(true, |announced| announced > self.left)
    }

    fn too_large(&self) -> Refusal {
        self.metrics.limit_hit(self.name);
        Refusal::new(ErrorCode::TooLarge, format!("the request has more than {} bytes", self.limit))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::{StreamExt as _, stream};
    use http_body::Frame;
    use http_body_util::StreamBody;
    use silta_client::common::ErrorCode;

    use super::Incoming;
    use crate::telemetry::Metrics;

    fn pieces(pieces: &'static [&'static str]) -> impl http_body::Body<Data = Bytes, Error = Infallible> + Unpin {
        StreamBody::new(stream::iter(pieces).map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit_and_no_further() {
        for (limit, given, read) in [
            (4, &["ab", "cd"][..], Some("abcd")),
            (4, &["abcd"], Some("abcd")),
            (4, &[], Some("")),
            (3, &["ab", "cd"], None),
            (3, &["abcd"], None),
            (5, &["ab", "c", "d", "ef"], None),
        ] {
            let metrics = Metrics::new();
            let mut incoming =
                Incoming::new(pieces(given), Duration::from_mins(1), limit, "rest_body", metrics.clone());
            let whole = incoming.whole().await;
            assert_eq!(whole.as_deref().ok(), read.map(str::as_bytes), "{given:?}");
            assert_eq!(metrics.limit_hits("rest_body"), u64::from(read.is_none()));
            assert!(whole.err().is_none_or(|refusal| refusal.code == ErrorCode::TooLarge));
        }
    }

    #[tokio::test]
    async fn the_digest_is_of_what_was_read() {
        let mut incoming = Incoming::new(pieces(&["ab", "cd"]), Duration::from_mins(1), 9, "x", Metrics::new());
        incoming.hash();
        incoming.pass().await.expect("read");
        assert_eq!(incoming.take_digest(), Some(crate::exchange::evidence::sha512(b"abcd")));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up_in_time() {
        let endless = StreamBody::new(
            stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"a")))]).chain(stream::pending()),
        );
        let metrics = Metrics::new();
        let mut incoming = Incoming::new(endless, Duration::from_millis(40), 9, "x", metrics.clone());
        let refusal = incoming.whole().await.expect_err("too slow");
        assert!(refusal.message.contains("40ms"), "{refusal}");
        assert_eq!(metrics.limit_hits("body"), 1);
    }
}

//! The little of CBOR that a record needs: a writer of one integer-keyed map in deterministic form, and its reader.
//!
//! The writer is by hand because it runs once per exchange and must not allocate per field; the reader is ciborium's.

use ciborium::Value;
use jiff::Timestamp;

use super::{Hash, NotARecord, PartDigest};

const UINT: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// Writes a map. Keys must be given in ascending order.
pub(super) struct MapWriter {
    entries: u64,
    bytes: Vec<u8>,
}

impl MapWriter {
    pub(super) fn new() -> Self {
        let mut bytes = Vec::with_capacity(640);
        // Room for the map's head: one byte, or two from 24 entries on.
        bytes.extend_from_slice(&[0, 0]);
        Self { entries: 0, bytes }
    }

    pub(super) fn uint(&mut self, key: u64, value: u64) {
        self.key(key);
        head(&mut self.bytes, UINT, value);
    }

    pub(super) fn int(&mut self, key: u64, value: i64) {
        self.key(key);
        match u64::try_from(value) {
            Ok(value) => head(&mut self.bytes, UINT, value),
            Err(_) => head(&mut self.bytes, NEGATIVE, (-1 - value).unsigned_abs()),
        }
    }

    pub(super) fn text(&mut self, key: u64, value: &str) {
        self.key(key);
        head(&mut self.bytes, TEXT, value.len() as u64);
        self.bytes.extend_from_slice(value.as_bytes());
    }

    pub(super) fn optional_uint(&mut self, key: u64, value: Option<u64>) {
        if let Some(value) = value {
            self.uint(key, value);
        }
    }

    pub(super) fn optional_text(&mut self, key: u64, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    pub(super) fn optional_bytes(&mut self, key: u64, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.key(key);
            bytes(&mut self.bytes, value);
        }
    }

    pub(super) fn optional_bool(&mut self, key: u64, value: Option<bool>) {
        if let Some(value) = value {
            self.key(key);
            self.bytes.push(if value { 0xf5 } else { 0xf4 });
        }
    }

    /// An array of `[size, digest]`; left out when empty.
    pub(super) fn parts(&mut self, key: u64, parts: &[PartDigest]) {
        if parts.is_empty() {
            return;
        }
        self.key(key);
        head(&mut self.bytes, ARRAY, parts.len() as u64);
        for part in parts {
            head(&mut self.bytes, ARRAY, 2);
            head(&mut self.bytes, UINT, part.size);
            bytes(&mut self.bytes, &part.digest);
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let mut start = Vec::with_capacity(2);
        head(&mut start, MAP, self.entries);
        let room = 2_usize.saturating_sub(start.len());
        self.bytes.drain(..room);
        for (byte, from) in self.bytes.iter_mut().zip(start) {
            *byte = from;
        }
        self.bytes
    }

    fn key(&mut self, key: u64) {
        self.entries += 1;
        head(&mut self.bytes, UINT, key);
    }
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    head(out, BYTES, value.len() as u64);
    out.extend_from_slice(value);
}

/// Major type and argument in the shortest form (RFC 8949, 4.2.1).
fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    // The additional information 0x18…0x1b says how many bytes the argument takes: 1, 2, 4, 8.
    let major = major << 5;
    if let Ok(small) = u8::try_from(argument) {
        if small < 24 {
            out.push(major | small);
        } else {
            out.extend_from_slice(&[major | 0x18, small]);
        }
    } else if let Ok(argument) = u16::try_from(argument) {
        out.push(major | 0x19);
        out.extend_from_slice(&argument.to_be_bytes());
    } else if let Ok(argument) = u32::try_from(argument) {
        out.push(major | 0x1a);
        out.extend_from_slice(&argument.to_be_bytes());
    } else {
        out.push(major | 0x1b);
        out.extend_from_slice(&argument.to_be_bytes());
    }
}

/// Reads the fields of a map by key.
pub(super) struct MapReader {
    entries: Vec<(u64, Value)>,
}

impl MapReader {
    pub(super) fn new(value: Value) -> Result<Self, NotARecord> {
        let Value::Map(pairs) = value else {
            return Err(NotARecord { key: 0 });
        };
        let entries = pairs
            .into_iter()
            .map(|(key, value)| match key {
                Value::Integer(key) => Ok((u64::try_from(key).map_err(|_| NotARecord { key: 0 })?, value)),
                _ => Err(NotARecord { key: 0 }),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    pub(super) fn uint(&self, key: u64) -> Result<u64, NotARecord> {
        self.optional_uint(key)?.ok_or(NotARecord { key })
    }

    pub(super) fn text(&self, key: u64) -> Result<String, NotARecord> {
        self.optional_text(key)?.ok_or(NotARecord { key })
    }

    pub(super) fn time(&self, key: u64) -> Result<Timestamp, NotARecord> {
        let micros = self
            .get(key)
            .and_then(Value::as_integer)
            .and_then(|value| i64::try_from(value).ok())
            .ok_or(NotARecord { key })?;
        Timestamp::from_microsecond(micros).map_err(|_| NotARecord { key })
    }

    pub(super) fn optional_uint(&self, key: u64) -> Result<Option<u64>, NotARecord> {
        self.get(key)
            .map(|value| value.as_integer().and_then(|value| u64::try_from(value).ok()).ok_or(NotARecord { key }))
            .transpose()
    }

    pub(super) fn optional_text(&self, key: u64) -> Result<Option<String>, NotARecord> {
        self.get(key).map(|value| value.as_text().map(str::to_owned).ok_or(NotARecord { key })).transpose()
    }

    pub(super) fn optional_bytes(&self, key: u64) -> Result<Option<Vec<u8>>, NotARecord> {
        self.get(key).map(|value| value.as_bytes().cloned().ok_or(NotARecord { key })).transpose()
    }

    pub(super) fn optional_hash(&self, key: u64) -> Result<Option<Hash>, NotARecord> {
        self.optional_bytes(key)?
            .map(|bytes| Hash::try_from(bytes.as_slice()).map_err(|_| NotARecord { key }))
            .transpose()
    }

    pub(super) fn optional_bool(&self, key: u64) -> Result<Option<bool>, NotARecord> {
        self.get(key).map(|value| value.as_bool().ok_or(NotARecord { key })).transpose()
    }

    pub(super) fn parts(&self, key: u64) -> Result<Vec<PartDigest>, NotARecord> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let parts = value.as_array().ok_or(NotARecord { key })?;
        parts
            .iter()
            .map(|part| {
                let fields = part.as_array().map(Vec::as_slice);
                let Some([size, digest]) = fields else {
                    return Err(NotARecord { key });
                };
                let size = size.as_integer().and_then(|size| u64::try_from(size).ok());
                match (size, digest.as_bytes()) {
                    (Some(size), Some(digest)) => Ok(PartDigest { size, digest: digest.clone() }),
                    _ => Err(NotARecord { key }),
                }
            })
            .collect()
    }

    fn get(&self, key: u64) -> Option<&Value> {
        self.entries.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }
}

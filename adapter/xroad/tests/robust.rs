//! Replays the corpus of the fuzz targets and mutates it, on the stable compiler: fuzz/targets says what must hold.
//!
//! The mutations follow from a seed. Without more being said they are few and always the same; `SILTA_FUZZ_SECONDS`
//! gives each target that long, and `SILTA_FUZZ_SEED` another beginning. A failure leaves its input behind in the
//! temporary folder and names it; it belongs into the corpus.
#![expect(clippy::print_stdout, reason = "how many mutations were made, and which input failed, is what it has to say")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[path = "../fuzz/targets/mod.rs"]
mod targets;

/// Longest input that mutation makes, in bytes.
const LONGEST: usize = 16 * 1024;
/// Mutations of each target when no time is given.
const FEW: u32 = 3_000;

#[test]
fn envelope() {
    run("envelope");
}

#[test]
fn mime() {
    run("mime");
}

#[test]
fn identifiers() {
    run("identifiers");
}

#[test]
fn paths() {
    run("paths");
}

#[test]
fn headers() {
    run("headers");
}

fn run(name: &str) {
    let found = targets::TARGETS.into_iter().find(|(known, _)| *known == name);
    let Some((_, target)) = found else { unreachable!("no target {name}") };
    let corpus = corpus(name);
    assert!(corpus.len() >= 8, "{name} has {} samples", corpus.len());
    for (sample, data) in &corpus {
        attempt(name, target, data, sample);
    }
    let seed = number("SILTA_FUZZ_SEED").unwrap_or(1);
    let time = number("SILTA_FUZZ_SECONDS").map(Duration::from_secs);
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let samples: Vec<&[u8]> = corpus.iter().map(|(_, data)| data.as_slice()).collect();
    let started = Instant::now();
    let mut count = 0_u32;
    while time.map_or(count < FEW, |time| started.elapsed() < time) {
        let data = mutate(&mut dice, &samples);
        attempt(name, target, &data, "a mutation");
        count += 1;
    }
    println!("{name}: {} samples, {count} mutations from seed {seed}", corpus.len());
}

fn number(key: &str) -> Option<u64> {
    let text = std::env::var(key).ok()?;
    let Ok(number) = text.parse() else { unreachable!("{key} is no number: {text}") };
    Some(number)
}

fn attempt(name: &str, target: targets::Target, data: &[u8], what: &str) {
    let Err(cause) = catch_unwind(AssertUnwindSafe(|| target(data))) else { return };
    let file = std::env::temp_dir().join(format!("silta-fuzz-{name}-{}", std::process::id()));
    let written = std::fs::write(&file, data);
    println!("{name}: {what} fails; its input is {} ({written:?})", file.display());
    std::panic::resume_unwind(cause);
}

fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries = std::fs::read_dir(&folder);
    let mut files: Vec<PathBuf> = entries.into_iter().flatten().flatten().map(|it| it.path()).collect();
    files.sort();
    let sample = |file: &PathBuf| Some((file.display().to_string(), std::fs::read(file).ok()?));
    files.iter().filter_map(sample).collect()
}

/// xorshift64*: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap_or_default() % bound.max(1)
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> Option<&'a T> {
        all.get(self.below(all.len())).copied()
    }
}

/// What readers trip over.
const TOKENS: [&[u8]; 44] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b"--",
    b"\r\n--",
    b"\r\n\r\n",
    b"\"",
    b"'",
    b";",
    b":",
    b"=",
    b"<",
    b">",
    b"/>",
    b"</",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<!DOCTYPE a [",
    b"<?x ?>",
    b"&amp;",
    b"&#13;",
    b"&#x0;",
    b"&x;",
    b"xmlns:z=\"u\" ",
    b"xmlns=\"\" ",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3\xa4",
    b"\xe2\x80\xae",
    b"%2F",
    b"%25",
    b"%00",
    b"%2e%2e",
    b"..",
    b"//",
    b"/",
    b"X-Road-Client: a/b/c\n",
    b"Content-ID: <x>\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
];

fn mutate(dice: &mut Dice, samples: &[&[u8]]) -> Vec<u8> {
    let mut data = dice.of(samples).unwrap_or_default().to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(data.len() + 1);
        let size = dice.below(8);
        let length = dice.below(1 << size).min(data.len() - at);
        let range = at..at + length;
        match dice.below(7) {
            0 | 1 => {
                let (byte, bit) = (dice.below(256), dice.below(16));
                if let Some(place) = data.get_mut(at) {
                    // Half of the time any byte, else one bit.
                    *place = if bit < 8 { *place ^ (1 << bit) } else { u8::try_from(byte).unwrap_or_default() };
                }
            }
            2 => drop(data.drain(range)),
            3 => {
                let again = data.get(range).unwrap_or_default().to_vec();
                let times = dice.below(8);
                drop(data.splice(at..at, again.repeat(1 << times)));
            }
            4 => {
                let other = dice.of(samples).unwrap_or_default();
                let from = dice.below(other.len() + 1);
                let piece = other.get(from..(from + dice.below(200)).min(other.len())).unwrap_or_default();
                drop(data.splice(range, piece.iter().copied()));
            }
            5 => data.truncate(at),
            _ => drop(data.splice(at..at, dice.of(&TOKENS).unwrap_or_default().iter().copied())),
        }
        data.truncate(LONGEST);
    }
    data
}

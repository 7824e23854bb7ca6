//! A search for what no adapter may write in clear: identity codes, passwords, keys and tokens. Every scratch store ends
//! with one, and every end-to-end case.
//!
//! It looks into every file of a data directory, every table of PostgreSQL, the metrics, the log lines and the answers that
//! tell of errors. What others hold is not searched: simulators keep letters as they came. It tells where something was
//! found and of which kind, and never what. What cannot be read is a find, too.
//!
//! Sample persons have individual numbers from 900 on, and no content of a catalogue has such a code, so that any valid one
//! is a find. Secrets shorter than eight characters are not looked for: random bytes would hold them now and then.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use memchr::memmem::Finder;

use super::Scratch;
use crate::store::StoreConfig;

/// Read at once of a file.
const BLOCK: usize = 1 << 20;
/// Longer than anything that is looked for: so much of a block is looked at again with the next.
const OVERLAP: usize = 256;
const SHORTEST: usize = 8;

/// What is looked for, and what was found.
pub struct Search {
    secrets: Vec<(&'static str, Finder<'static>)>,
    found: BTreeSet<String>,
    /// Bytes looked at.
    looked: usize,
}

impl Search {
    /// For identity codes and for these, each with what it is.
    pub fn of(secrets: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let secrets = secrets.into_iter().filter(|(_, secret)| secret.len() >= SHORTEST);
        let finder = |secret: String| {
            assert!(secret.len() < OVERLAP, "a secret is longer than what is looked at again");
            Finder::new(secret.as_bytes()).into_owned()
        };
        Self {
            secrets: secrets.map(|(kind, secret)| (kind, finder(secret))).collect(),
            found: BTreeSet::new(),
            looked: 0,
        }
    }

    /// Looks into a text.
    pub fn text(&mut self, place: &str, content: &[u8]) {
        self.looked += content.len();
        self.block(place, content, 0, true);
    }

    /// Looks into every file below a folder.
    pub fn folder(&mut self, folder: &Path) {
        let place = folder.display().to_string();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unread(&place, error),
        };
        for entry in entries {
            match entry {
                Ok(entry) if entry.path().is_dir() => self.folder(&entry.path()),
                Ok(entry) if entry.path().is_file() => self.file(&entry.path()),
                Ok(_) => {}
                Err(error) => self.unread(&place, error),
            }
        }
    }

    /// Looks into every table, where the store is in PostgreSQL; an SQLite store is a file.
    pub async fn tables(&mut self, store: &StoreConfig) {
        match Scratch::tables_in_clear(store).await {
            Ok(tables) => tables.iter().for_each(|(table, content)| self.text(&format!("table {table}"), content)),
            Err(error) => self.unread("the tables", error),
        }
    }

    /// What was found, if there was anything to look at.
    pub fn found(self) -> BTreeSet<String> {
        assert!(self.looked > 0, "nothing was searched");
        self.found
    }

    /// Nothing may have been found.
    pub fn end(self) {
        let found = self.found();
        assert!(found.is_empty(), "in clear: {}", found.into_iter().collect::<Vec<_>>().join("; "));
    }

    fn file(&mut self, path: &Path) {
        let place = path.display().to_string();
        match File::open(path).and_then(|file| self.blocks(&place, file)) {
            Ok(()) => {}
            // A journal goes when its store is closed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => self.unread(&place, error),
        }
    }

    fn blocks(&mut self, place: &str, mut file: File) -> std::io::Result<()> {
        let mut block = Vec::with_capacity(BLOCK + OVERLAP);
        loop {
            let kept = block.len();
            let read = (&mut file).take(BLOCK as u64).read_to_end(&mut block)?;
            self.looked += read;
            let last = read < BLOCK;
            self.block(place, &block, kept, last);
            if last {
                return Ok(());
            }
            block.drain(..block.len().saturating_sub(OVERLAP));
        }
    }

    fn unread(&mut self, place: &str, error: impl Display) {
        self.found.insert(format!("nobody knows what, as it cannot be read, in {place}: {error}"));
    }

    /// `kept` bytes at the start have been looked at before, as the end of the last block.
    fn block(&mut self, place: &str, block: &[u8], kept: usize, last: bool) {
        for (kind, finder) in &self.secrets {
            if finder.find(block).is_some() {
                self.found.insert(format!("{kind} in {place}"));
            }
        }
        // What stands around a code decides as well: one that lacks it here has it in the other block.
        let first = if kept == 0 { 0 } else { UUID };
        let end = if last { block.len() } else { block.len().saturating_sub(UUID) };
        let nines = memchr::memchr_iter(b'9', block).filter_map(|nine| nine.checked_sub(NINTH));
        if nines.filter(|at| (first..end).contains(at)).any(|at| is_identity_code(block, at)) {
            self.found.insert(format!("an identity code in {place}"));
        }
    }
}

/// Where the 9 of a sample person's code stands.
const NINTH: usize = 7;
/// The length of a UUID as text.
const UUID: usize = 36;

/// Whether a sample person's identity code stands at a place: date, sign, number from 900 on, check character.
fn is_identity_code(content: &[u8], at: usize) -> bool {
    let number = |from: usize, digits: usize| {
        let digits = content.get(at + from..at + from + digits)?.iter();
        digits
            .map(|digit| digit.is_ascii_digit().then(|| usize::from(digit - b'0')))
            .reduce(|sum, digit| Some(sum? * 10 + digit?))?
    };
    let (Some(date), Some(serial)) = (number(0, 6), number(7, 3)) else { return false };
    let (Some(sign), Some(check)) = (content.get(at + 6), content.get(at + 10)) else { return false };
    (1..=31).contains(&(date / 10_000))
        && (1..=12).contains(&(date / 100 % 100))
        && b"+-ABCDEFUVWXY".contains(sign)
        && serial >= 900
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY".get((date * 1_000 + serial) % 31) == Some(check)
        && !is_inside_a_uuid(content, at)
}

/// `hhdddddd-9ddd-hhhh-hhhh-hhhhhhhhhhhh`.
fn is_inside_a_uuid(content: &[u8], at: usize) -> bool {
    let Some(uuid) = at.checked_sub(2).and_then(|start| content.get(start..start + UUID)) else { return false };
    uuid.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{BLOCK, Search};
    use crate::store::Location;
    use crate::store::testing::Scratch;

    const RECIPIENT: &str = "010594Y9032";

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn search() -> Search {
        Search::of([("a token", TOKEN.to_owned()), ("a password", "salasana-1".to_owned()), ("short", "9".to_owned())])
    }

    #[test]
    fn a_planted_secret_is_found_wherever_it_stands() {
        for at in [0, 1, 700, BLOCK - 40, BLOCK - 11, BLOCK - 5, BLOCK, 2 * BLOCK - 3, 3 * BLOCK - 40] {
            for (kind, secret) in [("an identity code", RECIPIENT), ("a token", TOKEN), ("a password", "salasana-1")] {
                let folder = tempfile::tempdir().unwrap();
                let deep = folder.path().join("blobs/01");
                std::fs::create_dir_all(&deep).unwrap();
                std::fs::write(folder.path().join("other"), b"nothing").unwrap();
                let mut content = vec![b'7'; 3 * BLOCK];
                content[at..at + secret.len()].copy_from_slice(secret.as_bytes());
                std::fs::write(deep.join("file"), &content).unwrap();
                let mut search = search();
                search.folder(folder.path());
                let place = deep.join("file");
                assert_eq!(search.found(), BTreeSet::from([format!("{kind} in {}", place.display())]), "{at}");
            }
        }
    }

    #[test]
    fn what_is_no_persons_code_is_not_taken_for_one() {
        let told = |text: &str| {
            let mut search = search();
            search.text("a text", text.as_bytes());
            !search.found().is_empty()
        };
        assert!(told("x010594Y9032x") && told("id=020594X903P") && told("030594W903B"));
        // A real person's number, a wrong check character, a day that no month has.
        assert!(!told("010594Y8032") && !told("010594Y9033") && !told("410594Y9032"));
        // A UUID of which a part reads like one.
        let number = (10_594 * 1_000 + 900..10_594 * 1_000 + 999).find(|number| (number % 31) < 10).unwrap();
        let (date, serial, check) = (number / 1_000, number % 1_000, number % 31);
        let code = format!("{date:06}-{serial}{check}");
        assert!(told(&code));
        assert!(!told(&format!("ab{code}-8abc-9def-0123456789ab")));
    }

    #[tokio::test]
    #[should_panic(expected = "in clear: an identity code in ")]
    async fn it_fails_loudly_and_does_not_say_what_it_found() {
        let mut search = search();
        search.text("a text", RECIPIENT.as_bytes());
        assert!(!search.found.iter().any(|found| found.contains(RECIPIENT)));
        search.end();
    }

    async fn ends_with_a_code_in(mut scratch: Scratch) {
        scratch.reopen().await.unwrap();
        let plant = format!("INSERT INTO counter (tenant, name, value) VALUES ('x', '{RECIPIENT}', 1)");
        scratch.tamper(&plant).await.unwrap();
    }

    #[tokio::test]
    #[should_panic(expected = "in clear: an identity code in ")]
    async fn a_scratch_store_in_sqlite_ends_with_a_search() {
        ends_with_a_code_in(Scratch::sqlite().await.unwrap()).await;
    }

    #[tokio::test]
    #[should_panic(expected = "in clear: an identity code in table counter")]
    async fn a_scratch_store_in_postgresql_ends_with_a_search() {
        ends_with_a_code_in(Scratch::postgres().await.unwrap().expect("PostgreSQL; tests/run installs it")).await;
    }

    #[tokio::test]
    async fn both_databases_are_looked_into() {
        let sqlite = Scratch::sqlite().await.unwrap();
        let postgres = Scratch::postgres().await.unwrap().expect("PostgreSQL; tests/run installs it");
        for mut scratch in [sqlite, postgres] {
            scratch.holds_secrets();
            let found = async || {
                let mut search = search();
                search.folder(&scratch.config.data);
                search.tables(&scratch.config).await;
                search.found()
            };
            assert_eq!(found().await, BTreeSet::new());
            let bytes = hex::encode(TOKEN);
            let bytes = match scratch.config.location {
                Location::Sqlite(_) => format!("X'{bytes}'"),
                Location::Postgres(_) => format!("'\\x{bytes}'"),
            };
            for sql in [
                format!("INSERT INTO counter (tenant, name, value) VALUES ('x', 'a{RECIPIENT}b', 1)"),
                format!("INSERT INTO tenant_key (tenant, wrapped, created_at) VALUES ('x', {bytes}, 1)"),
            ] {
                scratch.tamper(&sql).await.unwrap();
            }
            let found = found().await;
            for kind in ["an identity code in ", "a token in "] {
                assert!(found.iter().any(|found| found.starts_with(kind)), "{found:?}");
            }
        }
    }
}

//! The data directory of a run: a temporary one that is removed at exit, or the one that the command line names, which
//! is begun anew each time: the simulators forget everything at exit, so that an older store would not fit to them.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::sandbox::SandboxError;

/// Says that a folder is ours to begin anew.
const MARK: &str = "sandbox.txt";
/// What a run leaves in its folder (design §5); nothing else is ever removed.
const OURS: [&str; 14] = [
    super::CONFIG_FILE,
    "silta.db",
    "try",
    "silta.lock",
    "silta.db-wal",
    "silta.db-shm",
    "blobs",
    "search",
    "pki",
    "keys",
    "log",
    "ports.json",
    "silta.sock",
    "secrets",
];

pub(in crate::sandbox) struct DataDir {
    path: PathBuf,
    temporary: Option<TempDir>,
}

impl DataDir {
    pub(in crate::sandbox) fn open(given: Option<&Path>) -> Result<DataDir, SandboxError> {
        if let Some(path) = given {
            let path = std::path::absolute(path).map_err(SandboxError::usage)?;
            prepare(&path)?;
            return Ok(DataDir { path, temporary: None });
        }
        let temporary = tempfile::Builder::new().prefix("silta-sandbox-").tempdir();
        let temporary = temporary.map_err(SandboxError::failed("a temporary folder"))?;
        Ok(DataDir { path: temporary.path().to_owned(), temporary: Some(temporary) })
    }

    pub(in crate::sandbox) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::sandbox) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Writes a secret into a file of mode 0600 and says where it is.
    pub(in crate::sandbox) fn secret(&self, name: &str, value: &str) -> Result<PathBuf, SandboxError> {
        let folder = self.path.join("secrets");
        let path = folder.join(name);
        let written = || {
            DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(value.as_bytes())
        };
        written().map_err(SandboxError::failed("a secret's file"))?;
        Ok(path)
    }
}

fn prepare(path: &Path) -> Result<(), SandboxError> {
    let wrong = |error: std::io::Error| SandboxError::Usage(format!("--data {}: {error}", path.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(wrong)?;
    let mut entries = std::fs::read_dir(path).map_err(wrong)?;
    let mark = path.join(MARK);
    if entries.next().is_none() {
        let text = "Made by `silta sandbox`, which removes its own files here and begins anew each time.\n";
        return std::fs::write(mark, text).map_err(wrong);
    }
    if !mark.exists() {
        let text = "is not empty and was not made by the sandbox, which begins anew each time. Give another folder";
        return Err(SandboxError::Usage(format!("--data {} {text}", path.display())));
    }
    if UnixStream::connect(path.join("silta.sock")).is_ok() {
        let text = "is in use by a running process. Stop it or give another folder";
        return Err(SandboxError::Usage(format!("--data {} {text}", path.display())));
    }
    for name in OURS {
        let entry = path.join(name);
        let removed = match entry.symlink_metadata() {
            Ok(data) if data.is_dir() => std::fs::remove_dir_all(&entry),
            Ok(_) => std::fs::remove_file(&entry),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        removed.map_err(wrong)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::DataDir;

    #[test]
    fn begins_anew_only_where_a_sandbox_was() {
        let around = tempfile::tempdir().expect("folder");
        let own = around.path().join("a/b");
        let data = DataDir::open(Some(&own)).expect("made");
        let secret = data.secret("key", "geheim").expect("written");
        std::fs::write(own.join("notes.txt"), "a person's").expect("written");
        let mode = secret.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        DataDir::open(Some(&own)).expect("again");
        assert!(!secret.exists(), "begun anew");
        assert!(own.join("notes.txt").exists(), "what is not ours stays");

        let foreign = around.path().join("foreign");
        std::fs::create_dir(&foreign).expect("made");
        std::fs::write(foreign.join("silta.db"), "production").expect("written");
        let refused = DataDir::open(Some(&foreign)).err().expect("refused");
        assert_eq!(refused.exit_code(), 2);
        assert!(foreign.join("silta.db").exists());
    }

    #[test]
    fn a_temporary_folder_is_removed() {
        let data = DataDir::open(None).expect("made");
        let path = data.path().to_owned();
        drop(data);
        assert!(!path.exists());
    }
}

//! A copy of the embedded database, taken while the server goes on.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use diesel::RunQueryDsl;
use diesel::sql_types::Text;

use super::{Address, AnyConnection, StorageError};

/// What may go wrong.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is a server's, which has programs of its own for this.
    #[error("the database is PostgreSQL, which `pg_dump` copies")]
    NotEmbedded,
    /// The database's file is not there.
    #[error("there is no database at {0}")]
    Missing(PathBuf),
    /// Nothing is written over.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// The copy cannot be written.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] std::io::Error),
    /// The database cannot be read, or the copy not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Writes everything that is committed into one file, which is whole once it bears its name, and answers
/// its length in bytes. Neither readers nor writers wait meanwhile.
///
/// # Errors
/// See [`BackupError`].
pub fn copy(address: &Address, target: &Path) -> Result<u64, BackupError> {
    let Address::Sqlite(source) = address else {
        return Err(BackupError::NotEmbedded);
    };
    if !source.exists() {
        return Err(BackupError::Missing(source.clone()));
    }
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let unfinished = unfinished(target);
    let failed = |error| BackupError::File(target.to_owned(), error);
    // SQLite takes over a file that is there and empty, so that the copy has the mode of this one.
    File::create_new(&unfinished).map_err(failed)?;
    let outcome =
        write(address, &unfinished).and_then(|()| finish(&unfinished, target).map_err(failed));
    if outcome.is_err() {
        // What went wrong is said already.
        let _ = fs::remove_file(&unfinished);
    }
    outcome
}

fn write(address: &Address, unfinished: &Path) -> Result<(), BackupError> {
    let path = unfinished.to_string_lossy().into_owned();
    Ok(address.link().once(|connection| {
        let AnyConnection::Sqlite(sqlite) = connection else {
            return Ok(());
        };
        diesel::sql_query("VACUUM INTO ?")
            .bind::<Text, _>(path)
            .execute(sqlite)?;
        Ok(())
    })?)
}

/// Brings the copy to the disk, then gives it its name.
fn finish(unfinished: &Path, target: &Path) -> std::io::Result<u64> {
    let file = File::open(unfinished)?;
    file.sync_all()?;
    // A link, unlike a new name, takes no file's place.
    fs::hard_link(unfinished, target)?;
    fs::remove_file(unfinished)?;
    Ok(file.metadata()?.len())
}

fn unfinished(target: &Path) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(".unfinished");
    name.into()
}

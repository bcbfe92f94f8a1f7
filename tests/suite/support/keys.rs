//! Signing keys, made once a run by the server itself and copied for each server after that.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::OnceLock,
};

use super::process::{ServerProcess, command, usual_binary, working_folder};

/// The files of a keys folder: name and content.
type Keys = Vec<(String, Vec<u8>)>;

/// Fills a folder, which must not exist yet, with keys as the server makes them.
pub fn copy_into(folder: &Path) {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .expect("the keys folder can be made");
    for (name, content) in KEYS.get_or_init(make) {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options
            .open(folder.join(name))
            .expect("a key file can be made");
        file.write_all(content).expect("a key file can be written");
    }
}

fn make() -> Keys {
    let folder = working_folder();
    let keys = folder.path().join("keys");
    let environment = BTreeMap::from(
        [
            ("AMBIT_LISTEN", "127.0.0.1:0"),
            ("AMBIT_KEYS_DIR", "keys"),
            ("AMBIT_ADMIN_PASSWORD", "only-while-keys-are-made"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let command = command(usual_binary(), folder.path(), &environment, &["serve"]);
    match ServerProcess::spawn(command) {
        Ok(mut server) => server.stop(),
        Err(refusal) => panic!("the server that makes the keys did not start: {refusal:#?}"),
    };
    let entries = fs::read_dir(&keys).expect("the server made a keys folder");
    let files = entries.map(|entry| {
        let path = entry.expect("a key file can be listed").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a plain name");
        (
            name.to_owned(),
            fs::read(&path).expect("a key file can be read"),
        )
    });
    files.collect()
}

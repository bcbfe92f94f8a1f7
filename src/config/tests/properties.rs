//! Nothing that anyone writes makes loading panic.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn load_never_panics_on_any_text(
        text in ".{0,200}",
        name in "(server|keys|tokens|database|log|x)",
        key in "(listen|issuer|url|workers|resources|private_key|tls|x)",
        value in "(.{0,60}|'.{0,60}'|\\[\".{0,20}\"\\]|-?[0-9]{1,40}|\\{a=1\\})",
    ) {
        for text in [text, format!("[{name}]\n{key} = {value}\n")] {
            let file = file(&text);
            if let Err(mistakes) = toml(file.path()) {
                prop_assert!(!mistakes.to_string().is_empty());
            }
        }
    }

    #[test]
    fn load_never_panics_on_any_environment(
        values in proptest::collection::vec(
            "(.{0,60}|(https?|postgres|sqlite)://.{0,40}|-?[0-9.:,/]{0,30}|-----BEGIN .{0,30})",
            64,
        ),
        picked in proptest::collection::vec(any::<bool>(), 64),
    ) {
        let environment: BTreeMap<String, String> = table::variables()
            .zip(values)
            .zip(picked)
            .filter_map(|(pair, picked)| picked.then_some(pair))
            .collect();
        let sources = Sources { environment, ..Sources::default() };
        match load(&sources) {
            Ok(settings) => prop_assert!(!settings.effective().is_empty()),
            Err(mistakes) => prop_assert!(mistakes.iter().count() > 0),
        }
    }

    #[test]
    fn a_password_of_an_accepted_address_is_never_shown(
        address in "postgres://[a-z]{0,3}:[a-z@/:?#&=%,]{0,4}SECRET[a-z@/:?#&=%,]{0,4}@h/d",
    ) {
        if let Ok(settings) = environment(&[("DATABASE_URL", &address)]) {
            let shown = format!("{} {settings:?}", settings.database.url);
            prop_assert!(!shown.contains("SECRET"), "{address} {shown}");
        }
    }
}

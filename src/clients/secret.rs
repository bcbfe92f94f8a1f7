//! The form of a client secret: `ambit_cs_`, an identifier that says which secret it is, and 256
//! random bits. The prefix lets secret scanners find a leaked one; the identifier lets Ambit check it
//! against one hash only, so that how many secrets a client has does not show in the time it takes.

use secrecy::{ExposeSecret, SecretString};

use crate::model::random_token;

const PREFIX: &str = "ambit_cs_";
/// Nine random bytes in base64url.
const ID_LENGTH: usize = 12;

/// A fresh secret and its identifier.
pub fn generate() -> (String, SecretString) {
    let id = random_token::<9>();
    let value = format!("{PREFIX}{id}{}", random_token::<32>());
    (id, value.into())
}

/// Which secret this claims to be.
pub fn id_of(secret: &SecretString) -> Option<&str> {
    secret
        .expose_secret()
        .strip_prefix(PREFIX)?
        .get(..ID_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_says_which_it_is_and_needs_no_encoding() {
        let (id, value) = generate();
        assert_eq!(id_of(&value), Some(id.as_str()));
        let text = value.expose_secret();
        assert_eq!(text.len(), PREFIX.len() + ID_LENGTH + 43);
        assert!(
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }

    #[test]
    fn other_texts_are_nobodys() {
        for text in [
            "",
            "ambit_cs_",
            "ambit_cs_short",
            "ambit_cs_ééééééé",
            "something else",
        ] {
            let _ = id_of(&text.to_owned().into());
        }
        assert_eq!(id_of(&"ambit_cs_short".to_owned().into()), None);
    }
}

//! `client_secret_post`: identifier and secret as parameters of the body (RFC 6749 section 2.3.1).

use super::{Credentials, Method, Source};
use crate::oauth::error::OAuthError;

pub(super) const METHOD: Method = Method {
    name: "client_secret_post",
    find,
};

fn find(source: Source<'_>) -> Result<Option<Credentials>, OAuthError> {
    let Some(client_secret) = source.parameters.one("client_secret")? else {
        return Ok(None);
    };
    let client_id = source.parameters.required("client_id")?.to_owned();
    Ok(Some(Credentials {
        client_id,
        client_secret: client_secret.to_owned().into(),
    }))
}

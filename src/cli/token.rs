//! `ambit token`: what a client does to get a token, over HTTP (RFC 6749 section 4.4).

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded;

use super::context::{Context, base_address};
use super::output::printable;
use super::{input, output};
use crate::model::ClientId;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The variable that holds the client's secret.
const SECRET: &str = "AMBIT_CLIENT_SECRET";

const EXAMPLES: &str = "\
The secret comes from AMBIT_CLIENT_SECRET, from stdin, or from the terminal.

Examples:
  TOKEN=$(ambit token --client-id CLIENT_ID)
  ambit token --client-id CLIENT_ID --scope protected --decode
  ambit token --client-id CLIENT_ID --client-secret-stdin --issuer https://auth.example.com < secret";

/// As whom, for what, and what to print of it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    request: TokenRequest,
    /// Print the server's whole answer
    #[arg(long, conflicts_with = "decode")]
    json: bool,
    /// Print what the token says, in place of the token
    #[arg(long)]
    decode: bool,
}

/// As whom, and for what.
#[derive(Debug, clap::Args)]
pub struct TokenRequest {
    /// The client's identifier
    #[arg(long, value_name = "CLIENT_ID", value_parser = ClientId::parse)]
    client_id: ClientId,
    /// Read the client's secret from stdin
    #[arg(long)]
    client_secret_stdin: bool,
    /// Scopes to ask for, separated by spaces [default: all that the client may have]
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// A resource that the token is to be for; may be repeated
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

/// RFC 6749 section 5.2.
#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

impl Args {
    /// Prints a token.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let answer = self
            .request
            .ask(&base_address(&context.settings()?))
            .await?;
        if self.json {
            return output::print_json(&serde_json::from_str::<Value>(&answer)?);
        }
        let token = access_token(&answer)?;
        if self.decode {
            return output::print_json(&decoded(&token)?);
        }
        Ok(output::print_line(&printable(&token))?)
    }
}

impl TokenRequest {
    /// An access token from the server at this address.
    pub async fn token(&self, base: &str) -> anyhow::Result<SecretString> {
        Ok(access_token(&self.ask(base).await?)?.into())
    }

    /// What the server at this address answers, if that is a token.
    async fn ask(&self, base: &str) -> anyhow::Result<String> {
        let endpoint = format!("{base}/token");
        let secret = self.secret()?;
        let (status, answer) = self.post(&endpoint, &secret).await?;
        if status.is_success() {
            Ok(answer)
        } else {
            Err(refusal(status, &answer))
        }
    }

    /// Whether the secret comes from stdin.
    pub fn takes_stdin(&self) -> bool {
        self.client_secret_stdin
    }

    fn secret(&self) -> anyhow::Result<SecretString> {
        if self.client_secret_stdin {
            return input::secret_from_stdin();
        }
        match std::env::var(SECRET) {
            Ok(secret) if !secret.is_empty() => Ok(secret.into()),
            _ => {
                let instead = format!("set {SECRET} or use --client-secret-stdin");
                input::secret_from_terminal("Client secret: ", &instead)
            }
        }
    }

    async fn post(
        &self,
        endpoint: &str,
        secret: &SecretString,
    ) -> anyhow::Result<(StatusCode, String)> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.extend_pairs(self.scope.iter().map(|scope| ("scope", scope)));
        form.extend_pairs(self.resources.iter().map(|resource| ("resource", resource)));
        let request = http_client()?
            .post(endpoint)
            .basic_auth(
                encoded(self.client_id.as_str()),
                Some(encoded(secret.expose_secret())),
            )
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(form.finish());
        let answer = request
            .send()
            .await
            .map_err(|error| unreachable(&error, endpoint))?;
        let status = answer.status();
        Ok((status, answer.text().await.context("the answer broke off")?))
    }
}

fn access_token(answer: &str) -> anyhow::Result<String> {
    let granted: Granted = serde_json::from_str(answer)
        .map_err(|_| anyhow!("the server answered something that is no token"))?;
    Ok(granted.access_token)
}

/// What the command line speaks to a server with. A redirect would carry a secret to wherever it
/// points.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
}

/// RFC 6749 section 2.3.1: form-urlencoded before they go into Basic.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What to tell when nobody answers.
pub fn unreachable(error: &reqwest::Error, endpoint: &str) -> anyhow::Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    anyhow!("{endpoint} does not answer: {cause}; does `ambit serve` run there?")
}

fn refusal(status: StatusCode, answer: &str) -> anyhow::Error {
    match serde_json::from_str::<Refused>(answer) {
        Ok(Refused {
            error,
            error_description: Some(description),
        }) => {
            anyhow!("{}: {}", printable(&error), printable(&description))
        }
        Ok(Refused {
            error,
            error_description: None,
        }) => anyhow!("{}", printable(&error)),
        Err(_) => anyhow!("the server answered {status}"),
    }
}

/// The two parts of a JWT that say something (RFC 7519).
#[derive(Debug, Serialize)]
struct Decoded {
    header: Value,
    claims: Value,
}

/// What a token says. Nothing is verified: whoever asked for it knows whom it comes from.
fn decoded(token: &str) -> anyhow::Result<Decoded> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, _signature] = parts.as_slice() else {
        bail!("the token is no JWT")
    };
    let read = |part: &str| -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part)?)?)
    };
    let header = read(header).context("the token's header")?;
    let claims = read(claims).context("the token's claims")?;
    Ok(Decoded { header, claims })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{self, Sources};

    #[test]
    fn the_secrets_variable_is_no_mistake_in_the_settings() {
        let environment = [(SECRET.to_owned(), "x".to_owned())].into();
        let sources = Sources {
            environment,
            ..Sources::default()
        };
        assert!(config::load(&sources).is_ok());
    }

    #[test]
    fn the_servers_words_are_repeated() {
        let answer = r#"{"error":"invalid_scope","error_description":"no such scope"}"#;
        let error = refusal(StatusCode::BAD_REQUEST, answer);
        assert_eq!(error.to_string(), "invalid_scope: no such scope");
        let error = refusal(StatusCode::BAD_GATEWAY, "<html>");
        assert_eq!(error.to_string(), "the server answered 502 Bad Gateway");
    }

    #[test]
    fn a_token_is_taken_apart() {
        // {"alg":"RS256"} . {"sub":"a"}
        let read = decoded("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln").unwrap();
        assert_eq!(read.header, json!({"alg": "RS256"}));
        assert_eq!(read.claims, json!({"sub": "a"}));
        for token in ["", "a.b", "a.b.c", "a.b.c.d"] {
            assert!(decoded(token).is_err(), "{token}");
        }
    }
}

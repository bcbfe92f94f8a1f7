//! What a stranger sends to `/token`: `Authorization` headers and a form body.
//!
//! The input is one header value a line, an empty line, and the body. Whatever it is, nothing panics,
//! and what the code says is what plainer code, written here, says as well.
#![no_main]

mod mutations;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ambit::model::{Client, ClientId, Resource, ScopeSet, TenantId, Timestamp};
use ambit::oauth::client_auth::{self, Credentials, Source};
use ambit::oauth::grants::{self, GrantRequest};
use ambit::oauth::resources::Resources;
use ambit::oauth::{OAuthError, Parameters};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;
use url::form_urlencoded;

const CLIENT_ID: &str = "client_fuzz";
const GRANT_TYPE: &str = "client_credentials";
const SCOPE: [&str; 3] = ["protected", "read", "write"];

const ISSUER: &str = "https://ambit.example";
const OWN: &str = "https://ambit.example/mcp";
const CONFIGURED: &str = "https://api.example.com/";
const CONFIGURED_FOR_OTHERS: &str = "https://other.example.com/";
const SERVED: &str = "urn:example:served";
const ALLOWED_BUT_GONE: &str = "https://gone.example.com/";
const REACHABLE: [&str; 4] = [ISSUER, OWN, CONFIGURED, SERVED];

/// Texts from this length on do not turn up in a message by accident, in bytes.
const TELLING: usize = 24;

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let epoch = Timestamp::from_seconds(0);
    Client {
        tenant_id: TenantId::default(),
        client_id: ClientId::parse(CLIENT_ID).unwrap(),
        client_name: "fuzz".to_owned(),
        description: String::new(),
        scope: ScopeSet::parse(&SCOPE.join(" ")).unwrap(),
        allowed_resources: [CONFIGURED, SERVED, ALLOWED_BUT_GONE]
            .map(resource)
            .to_vec(),
        serves_resources: Vec::new(),
        grant_types: vec![GRANT_TYPE.to_owned()],
        redirect_uris: Vec::new(),
        token_endpoint_auth_method: "client_secret_basic".to_owned(),
        contacts: Vec::new(),
        software_id: None,
        access_token_lifetime: None,
        enabled: true,
        client_id_issued_at: epoch,
        updated_at: epoch,
        tokens_valid_from: epoch,
        token_generation: 0,
        last_used_at: None,
    }
});

static RESOURCES: LazyLock<Resources> = LazyLock::new(|| {
    let configured = [CONFIGURED, CONFIGURED_FOR_OTHERS].map(resource).to_vec();
    Resources::new(
        resource(ISSUER),
        vec![resource(OWN)],
        configured,
        Vec::new(),
    )
});

fn resource(text: &str) -> Resource {
    Resource::parse(text).unwrap()
}

fuzz_target!(|input: &[u8]| {
    let (authorization, body) = split(input);
    let told_nothing = |error: &OAuthError| tells_nothing(error, &authorization, body);
    match Parameters::parse(body) {
        Err(error) => told_nothing(&error),
        Ok(parameters) => {
            same_as_lenient_parser(&parameters, body);
            repetition(&parameters, body).unwrap_or_else(|error| told_nothing(&error));
            credentials(&authorization, &parameters).unwrap_or_else(|error| told_nothing(&error));
            grant(&parameters).unwrap_or_else(|error| told_nothing(&error));
            audience(&parameters).unwrap_or_else(|error| told_nothing(&error));
        }
    }
});

/// Header values, one a line up to an empty one, and the body after it.
fn split(input: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut authorization = Vec::new();
    let mut rest = input;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        authorization.push(line);
    }
    (authorization, rest)
}

fn pairs(body: &[u8]) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(body).into_owned();
    pairs.filter(|(_, value)| !value.is_empty()).collect()
}

/// What is accepted has one meaning only: the parser that mends everything reads the same.
fn same_as_lenient_parser(parameters: &Parameters, body: &[u8]) {
    let pairs = pairs(body);
    for (name, _) in &pairs {
        let values = pairs
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value);
        assert!(
            parameters.all(name).eq(values),
            "{name:?} reads differently"
        );
    }
}

fn repetition(parameters: &Parameters, body: &[u8]) -> Result<(), OAuthError> {
    let mut seen = BTreeSet::new();
    let repeated = pairs(body)
        .into_iter()
        .any(|(name, _)| name != "resource" && !seen.insert(name));
    let answer = parameters.refuse_repeated(&["resource"]);
    assert_eq!(answer.is_err(), repeated);
    answer
}

fn credentials(authorization: &[&[u8]], parameters: &Parameters) -> Result<(), OAuthError> {
    let found = client_auth::credentials(Source {
        authorization,
        parameters,
    })?;
    let client_id = parameters.one("client_id")?;
    let client_secret = parameters.one("client_secret")?;
    match authorization {
        [] => {
            assert_eq!(client_id, Some(found.client_id.as_str()));
            assert_eq!(client_secret, Some(found.client_secret.expose_secret()));
        }
        [_] => {
            assert!(client_id.is_none_or(|named| named == found.client_id));
            assert_eq!(client_secret, None, "credentials in two places");
            survives_encoding(&found);
        }
        _ => panic!("one of several headers was believed"),
    }
    Ok(())
}

/// What was read is read again from what an encoder makes of it.
fn survives_encoding(credentials: &Credentials) {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let secret = credentials.client_secret.expose_secret();
    let halves = format!("{}:{}", encode(&credentials.client_id), encode(secret));
    let header = format!("Basic {}", STANDARD.encode(halves));
    let none = Parameters::default();
    let source = Source {
        authorization: &[header.as_bytes()],
        parameters: &none,
    };
    let again = client_auth::credentials(source).unwrap();
    assert_eq!(again.client_id, credentials.client_id);
    assert_eq!(again.client_secret.expose_secret(), secret);
}

/// Exactly the scope that was asked for is approved, and only if the client holds all of it.
fn grant(parameters: &Parameters) -> Result<(), OAuthError> {
    let grant_type = parameters.required("grant_type")?;
    let found = grants::find(grant_type, &CLIENT);
    assert_eq!(found.is_ok(), grant_type == GRANT_TYPE);
    let asked: BTreeSet<&str> = match parameters.one("scope")? {
        Some(text) => text.split(' ').collect(),
        None => SCOPE.into(),
    };
    let held = asked.is_subset(&SCOPE.into());
    match found?.approve(GrantRequest {
        parameters,
        client: &CLIENT,
    }) {
        Ok(approval) => {
            assert!(held, "more was approved than the client holds");
            let approved = approval.scope.to_string();
            assert_eq!(approved.split(' ').collect::<BTreeSet<_>>(), asked);
            assert_eq!(approval.subject, CLIENT_ID);
            Ok(())
        }
        Err(error) => {
            assert!(!held, "what the client holds was refused");
            Err(error)
        }
    }
}

/// Exactly the resources that were asked for are the audience, and only if all can be reached.
fn audience(parameters: &Parameters) -> Result<(), OAuthError> {
    let mut asked: BTreeSet<&str> = parameters.all("resource").collect();
    let reachable = asked.is_subset(&REACHABLE.into());
    let audience = RESOURCES.audience(parameters, &CLIENT, &[resource(SERVED)]);
    assert_eq!(audience.is_ok(), reachable);
    if asked.is_empty() {
        asked.insert(ISSUER);
    }
    let audience = audience?;
    assert!(audience.iter().map(Resource::as_str).eq(asked));
    Ok(())
}

/// Neither the answer nor the log repeats what a stranger said.
fn tells_nothing(error: &OAuthError, authorization: &[&[u8]], body: &[u8]) {
    let told = format!("{error} {error:?}");
    let headers = authorization
        .iter()
        .filter_map(|header| str::from_utf8(header).ok());
    let pairs = pairs(body);
    let said = pairs
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    for text in headers.chain(said).filter(|text| text.len() >= TELLING) {
        assert!(!told.contains(text), "the error repeats {text:?}");
    }
}

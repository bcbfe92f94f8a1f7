//! Typed clients: what a caller may do is in its type, as is who it is.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Method, blocking::RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, http};

/// Somebody who sends requests to one server.
pub trait Caller {
    /// A request with the caller's credentials on it, to be added to and sent.
    fn request(&self, method: Method, path: &str) -> RequestBuilder;

    fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path))
    }

    fn get_query(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        Answer::to(self.request(Method::GET, path).query(query))
    }

    fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        Answer::to(self.request(Method::POST, path).form(form))
    }

    fn post_json(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::POST, path).json(body))
    }

    fn post_empty(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::POST, path))
    }

    fn patch_json(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::PATCH, path).json(body))
    }

    fn put_json(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::PUT, path).json(body))
    }

    fn delete(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::DELETE, path))
    }
}

/// A caller without credentials.
pub struct Anonymous {
    address: String,
}

impl Anonymous {
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
        }
    }

    /// The same caller with a client's `client_secret_basic` on each request.
    pub fn with_basic(&self, client: &RegisteredClient) -> Basic {
        Basic::new(&self.address, &client.client_id, &client.client_secret)
    }

    /// The same caller with this token, whatever it is, on each request.
    pub fn with_token(&self, access_token: &str) -> Bearer {
        Bearer {
            address: self.address.clone(),
            access_token: access_token.to_owned(),
        }
    }
}

impl Caller for Anonymous {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        http().request(method, format!("{}{path}", self.address))
    }
}

/// A caller that authenticates with HTTP Basic.
pub struct Basic {
    address: String,
    user: String,
    password: String,
}

impl Basic {
    pub fn new(address: &str, user: &str, password: &str) -> Self {
        Self {
            address: address.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }
}

impl Caller for Basic {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        http()
            .request(method, format!("{}{path}", self.address))
            .basic_auth(&self.user, Some(&self.password))
    }
}

/// A caller that presents a bearer token.
pub struct Bearer {
    address: String,
    access_token: String,
}

impl Caller for Bearer {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        http()
            .request(method, format!("{}{path}", self.address))
            .bearer_auth(&self.access_token)
    }
}

/// An agent: a registered client with an access token.
pub struct Agent {
    pub token: Token,
    bearer: Bearer,
}

impl Agent {
    pub fn new(address: &str, token: Token) -> Self {
        let bearer = Anonymous::new(address).with_token(&token.access_token);
        Self { token, bearer }
    }
}

impl Caller for Agent {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bearer.request(method, path)
    }
}

/// The administrator, by HTTP Basic.
pub struct Admin {
    basic: Basic,
}

impl Admin {
    pub fn new(address: &str, user: &str, password: &str) -> Self {
        Self {
            basic: Basic::new(address, user, password),
        }
    }

    /// Registers a client that may have these scopes.
    #[track_caller]
    pub fn create_client(&self, client_name: &str, scopes: &[&str]) -> RegisteredClient {
        self.register(&json!({ "client_name": client_name, "scope": scopes.join(" ") }))
    }

    /// Registers a client with this metadata.
    #[track_caller]
    pub fn register(&self, metadata: &Value) -> RegisteredClient {
        let metadata: Value = self
            .post_json("/admin/api/clients", metadata)
            .expect(201)
            .json();
        let text = |name: &str| metadata[name].as_str().expect(name).to_owned();
        RegisteredClient {
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            metadata,
        }
    }
}

impl Caller for Admin {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.basic.request(method, path)
    }
}

/// A client as the answer to its registration describes it.
#[derive(Debug, Clone)]
pub struct RegisteredClient {
    pub client_id: String,
    pub client_secret: String,
    /// The whole answer.
    pub metadata: Value,
}

/// The answer of the token endpoint (RFC 6749, section 5.1).
#[derive(Debug, Clone, Deserialize)]
pub struct Token {
    pub access_token: String,
    pub token_type: String,
    /// Seconds.
    pub expires_in: u64,
    /// Left out where the token covers nothing.
    #[serde(default)]
    pub scope: String,
}

impl Token {
    /// The JOSE header, unverified.
    pub fn header(&self) -> Value {
        self.part(0)
    }

    /// The claims, unverified.
    pub fn claims(&self) -> Value {
        self.part(1)
    }

    fn part(&self, index: usize) -> Value {
        let part = self
            .access_token
            .split('.')
            .nth(index)
            .expect("a JWT has three parts");
        let json = BASE64_URL_SAFE_NO_PAD
            .decode(part)
            .expect("a part of a JWT is base64url");
        serde_json::from_slice(&json).expect("a part of a JWT is JSON")
    }
}

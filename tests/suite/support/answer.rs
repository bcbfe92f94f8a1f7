//! Sending a request, and its answer, read whole.

use std::{fmt, sync::OnceLock, time::Duration};

use reqwest::{
    blocking::{Client, RequestBuilder, Response},
    header::HeaderMap,
    redirect,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer that has been read whole.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    request: String,
}

impl Answer {
    /// Sends the request and reads its answer.
    #[track_caller]
    pub fn to(request: RequestBuilder) -> Self {
        Self::try_to(request).expect("the server answers")
    }

    /// Sends the request; a server that is going away may not answer.
    pub fn try_to(request: RequestBuilder) -> reqwest::Result<Self> {
        Self::by(http(), request)
    }

    /// Sends the request by another client than the one for all.
    pub fn by(client: &Client, request: RequestBuilder) -> reqwest::Result<Self> {
        let request = request.build()?;
        let description = format!("{} {}", request.method(), request.url());
        let response: Response = client.execute(request)?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Ok(Self {
            status,
            headers,
            body: response.text()?,
            request: description,
        })
    }

    /// Demands a status, and hands the answer on.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// A header's value, if the answer has it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("a header of visible ASCII"))
    }

    /// The body read as JSON.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self}"))
    }

    /// The body's `error` member (RFC 6749, section 5.2).
    #[track_caller]
    pub fn error(&self) -> String {
        let body: Value = self.json();
        body["error"]
            .as_str()
            .unwrap_or_else(|| panic!("no error in {self}"))
            .to_owned()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            headers,
            body,
            request,
        } = self;
        write!(
            formatter,
            "{request} was answered {status}\n{headers:#?}\n{body}"
        )
    }
}

/// One HTTP client for all. It keeps no connection, as servers come and go on the same port.
pub fn http() -> &'static Client {
    static HTTP: OnceLock<Client> = OnceLock::new();
    HTTP.get_or_init(|| {
        Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(60))
            .build()
            .expect("an HTTP client")
    })
}

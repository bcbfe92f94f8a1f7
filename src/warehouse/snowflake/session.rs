//! Talking to the SQL API: each request signed, retried where nothing can have happened twice, and
//! its answer read up to a bound.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};
use url::Url;
use uuid::Uuid;

use super::super::backend::{Limits, WarehouseError};
use super::answer::{Body, Page};
use super::failure::{refused, unreachable};
use super::key::Tokens;
use super::request::Request;
use super::{OpenError, api_address};
use crate::config::SnowflakeAddress;
use crate::model::Clock;

const USER_AGENT: &str = concat!("ambit/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// One request and its answer.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// How long stopping a statement may be tried.
const CANCEL_TIME: Duration = Duration::from_secs(10);
/// Attempts at one request in all.
const ATTEMPTS: u32 = 5;
/// The pause before the second attempt; it doubles before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Most bytes of an answer that only says what went wrong.
const FAILURE_BYTES: usize = 64 * 1024;
/// What the metadata of an answer may take beside its rows.
const METADATA_BYTES: usize = 1024 * 1024;
/// How many times as large as it is counted a value may be in an answer: text is escaped there.
const OVERHEAD: usize = 2;

/// How far a statement has come.
pub enum Progress {
    /// It runs.
    Running,
    /// It has its answer; this is the first part.
    Finished(Page),
}

/// One account, as one user.
pub struct Session {
    client: Client,
    base: Url,
    tokens: Tokens,
    address: SnowflakeAddress,
}

impl Session {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// A key that cannot be used, or an account that makes no address.
    pub fn new(
        address: SnowflakeAddress,
        private_key: &SecretString,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let tokens = Tokens::new(&address.account, &address.user, private_key, clock)?;
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(REQUEST_TIME)
            .build()
            .map_err(|error| OpenError::Client(error.to_string()))?;
        Ok(Self {
            client,
            base: api_address(&address)?,
            tokens,
            address,
        })
    }

    /// Where statements run.
    pub fn address(&self) -> &SnowflakeAddress {
        &self.address
    }

    /// Hands a statement in. It runs on by itself, and its handle is known as soon as there is one.
    ///
    /// # Errors
    /// It was not accepted.
    pub async fn submit(
        &self,
        request: &Request<'_>,
        limits: Limits,
        deadline: Instant,
    ) -> Result<(String, Progress), WarehouseError> {
        let mut url = self.statements();
        url.query_pairs_mut()
            .append_pair("requestId", &Uuid::new_v4().to_string())
            .append_pair("async", "true");
        let response = self
            .send(deadline, |attempt| {
                let mut url = url.clone();
                if attempt > 1 {
                    // Snowflake then runs it only if it has not done so already.
                    url.query_pairs_mut().append_pair("retry", "true");
                }
                self.client.post(url).json(request)
            })
            .await?;
        let (page, progress) = match response.status() {
            StatusCode::OK => {
                let mut page = read_page(response, limits.bytes).await?;
                (page.handle.take(), Progress::Finished(page))
            }
            StatusCode::ACCEPTED => {
                let page = Page::read(&read_body(response, FAILURE_BYTES).await?)?;
                (page.handle, Progress::Running)
            }
            _ => return Err(self.refusal(response, limits).await),
        };
        page.map(|handle| (handle, progress)).ok_or_else(|| {
            WarehouseError::Unavailable("Snowflake gave the statement no handle".to_owned())
        })
    }

    /// Asks how far a statement has come, or for its answer's partition where it has one.
    ///
    /// # Errors
    /// It failed, or is not known.
    pub async fn progress(
        &self,
        handle: &str,
        partition: Option<usize>,
        limits: Limits,
        deadline: Instant,
    ) -> Result<Progress, WarehouseError> {
        let mut url = self.statement(handle, None)?;
        if let Some(partition) = partition {
            url.query_pairs_mut()
                .append_pair("partition", &partition.to_string());
        }
        let response = self
            .send(deadline, |_| self.client.request(Method::GET, url.clone()))
            .await?;
        match response.status() {
            StatusCode::OK => Ok(Progress::Finished(read_page(response, limits.bytes).await?)),
            StatusCode::ACCEPTED => Ok(Progress::Running),
            _ => Err(self.refusal(response, limits).await),
        }
    }

    /// Stops a statement. One that has ended already is left as it is; where it cannot be stopped,
    /// its own time limit will.
    pub async fn cancel(&self, handle: &str) {
        let deadline = Instant::now() + CANCEL_TIME;
        let outcome = match self.statement(handle, Some("cancel")) {
            Ok(url) => self
                .send(deadline, |_| self.client.post(url.clone()))
                .await
                .map(|response| response.status()),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(status) if status.is_success() || status == StatusCode::UNPROCESSABLE_ENTITY => {}
            Ok(status) => tracing::warn!(%status, "a statement in Snowflake was not stopped"),
            Err(error) => tracing::warn!(%error, "a statement in Snowflake was not stopped"),
        }
    }

    fn statements(&self) -> Url {
        let mut url = self.base.clone();
        url.set_path("/api/v2/statements");
        url
    }

    /// The address of one statement, built from its handle alone: whatever address an answer names is
    /// not followed.
    fn statement(&self, handle: &str, operation: Option<&str>) -> Result<Url, WarehouseError> {
        let mut url = self.statements();
        url.path_segments_mut()
            .map_err(|()| WarehouseError::Unavailable("the base address has no path".to_owned()))?
            .push(handle)
            .extend(operation);
        Ok(url)
    }

    /// Sends what `make` makes for each attempt, from 1.
    ///
    /// A refused token is replaced once. Where Snowflake is too busy or not there, it is tried again
    /// with growing pauses, unless the deadline comes first.
    async fn send(
        &self,
        deadline: Instant,
        make: impl Fn(u32) -> RequestBuilder,
    ) -> Result<Response, WarehouseError> {
        let mut attempt = 1;
        let mut pause = FIRST_PAUSE;
        let mut may_renew = true;
        loop {
            let token = self
                .tokens
                .current()
                .map_err(|error| WarehouseError::Unavailable(error.to_string()))?;
            let outcome = make(attempt)
                .bearer_auth(token.expose_secret())
                .header("X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT")
                .header("Accept", "application/json")
                .send()
                .await;
            let is_last = attempt >= ATTEMPTS || Instant::now() + pause >= deadline;
            match outcome {
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED && may_renew => {
                    self.tokens.refused(&token);
                    may_renew = false;
                    attempt += 1;
                    continue;
                }
                Ok(response) if !is_passing(response.status()) || is_last => return Ok(response),
                Err(error) if is_last => return Err(unreachable(error)),
                Ok(_) | Err(_) => {}
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2);
            attempt += 1;
        }
    }

    async fn refusal(&self, response: Response, limits: Limits) -> WarehouseError {
        let status = response.status();
        match read_body(response, FAILURE_BYTES).await {
            Ok(body) => refused(status, &body, &self.address, limits),
            Err(error) => error,
        }
    }
}

fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    )
}

async fn read_page(response: Response, bytes: usize) -> Result<Page, WarehouseError> {
    let most = bytes
        .saturating_mul(OVERHEAD)
        .saturating_add(METADATA_BYTES);
    Page::read(&read_body(response, most).await?)
}

/// The body's first `most` bytes, after decompression.
async fn read_body(mut response: Response, most: usize) -> Result<Body, WarehouseError> {
    let mut body = Body::default();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        let room = most.saturating_sub(body.bytes.len());
        if let Some(part) = chunk.get(..room)
            && part.len() < chunk.len()
        {
            body.bytes.extend_from_slice(part);
            body.is_cut = true;
            break;
        }
        body.bytes.extend_from_slice(&chunk);
    }
    Ok(body)
}

//! Callers that keep a server busy from threads of their own, and remember what it answered.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use reqwest::{Method, blocking::RequestBuilder};
use serde_json::{Value, json};

use super::{POLL, request_id};
use crate::support::{Admin, Agent, Anonymous, Answer, Basic, Caller, RegisteredClient, Token};

/// How long the load may take to be answered as often as a test waits for.
const LIMIT: Duration = Duration::from_secs(60);

/// What one caller was answered.
#[derive(Default)]
pub struct Answered {
    /// Requests that were answered with success or with a refusal that the audit log holds.
    pub requests: Vec<String>,
    /// Clients whose registration was answered.
    pub clients: Vec<RegisteredClient>,
    /// Tokens whose revocation was answered.
    pub revoked: Vec<Token>,
    /// How often the server said that it cannot answer now.
    pub unavailable: usize,
    /// The longest that an answer took.
    pub slowest: Duration,
}

impl Answered {
    fn add(&mut self, other: Self) {
        self.requests.extend(other.requests);
        self.clients.extend(other.clients);
        self.revoked.extend(other.revoked);
        self.unavailable += other.unavailable;
        self.slowest = self.slowest.max(other.slowest);
    }
}

/// Whom the load is sent as.
pub struct Load<'a> {
    pub address: &'a str,
    pub admin: &'a Admin,
    pub client: &'a RegisteredClient,
}

/// Callers at work; a test watches how far they are and says when they shall stop.
#[derive(Default)]
pub struct Watch {
    answers: AtomicUsize,
    stopped: AtomicBool,
}

impl Watch {
    /// Waits until the callers have been answered this often.
    #[track_caller]
    pub fn wait_for_answers(&self, count: usize) {
        let began = Instant::now();
        while self.answers.load(Ordering::Relaxed) < count {
            assert!(began.elapsed() < LIMIT, "fewer than {count} answers");
            thread::sleep(POLL);
        }
    }

    /// How many answers there were so far.
    pub fn answers(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed)
    }
}

/// Stops the callers even when the test panics while they work.
struct Stopper<'a>(&'a Watch);

impl Drop for Stopper<'_> {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Relaxed);
    }
}

impl Load<'_> {
    /// Issues tokens, calls protected endpoints, registers clients and revokes tokens from several
    /// threads, until `meanwhile` comes back. A caller ends when a connection breaks.
    pub fn run(&self, meanwhile: impl FnOnce(&Watch)) -> Answered {
        let watch = Watch::default();
        let callers: [fn(&Self, &mut Conversation<'_>) -> Option<()>; 6] = [
            Self::issue,
            Self::issue,
            Self::call,
            Self::be_refused,
            Self::register,
            Self::revoke,
        ];
        thread::scope(|scope| {
            let stopper = Stopper(&watch);
            let threads = callers.map(|caller| {
                let watch = &watch;
                scope.spawn(move || {
                    let mut conversation = Conversation::new(watch);
                    while watch.goes_on() && caller(self, &mut conversation).is_some() {}
                    conversation.answered
                })
            });
            meanwhile(&watch);
            drop(stopper);
            let mut all = Answered::default();
            for thread in threads {
                all.add(thread.join().expect("a caller got the answers it may get"));
            }
            all
        })
    }

    fn issue(&self, conversation: &mut Conversation<'_>) -> Option<()> {
        conversation.token(self).map(|_| ())
    }

    fn call(&self, conversation: &mut Conversation<'_>) -> Option<()> {
        let Some(token) = conversation.kept_token(self)? else {
            return Some(());
        };
        let agent = Agent::new(self.address, token);
        conversation.send(agent.request(Method::GET, "/protected"), 200)?;
        Some(())
    }

    fn be_refused(&self, conversation: &mut Conversation<'_>) -> Option<()> {
        let Some(token) = conversation.kept_token(self)? else {
            return Some(());
        };
        let agent = Agent::new(self.address, token);
        conversation.send(agent.request(Method::GET, "/highly_confidential"), 403)?;
        Some(())
    }

    fn register(&self, conversation: &mut Conversation<'_>) -> Option<()> {
        let metadata = json!({ "client_name": "made under load", "scope": "protected" });
        let request = self.admin.request(Method::POST, "/admin/api/clients");
        if let Some(answer) = conversation.send(request.json(&metadata), 201)? {
            conversation.answered.clients.push(registered(&answer));
        }
        Some(())
    }

    fn revoke(&self, conversation: &mut Conversation<'_>) -> Option<()> {
        let Some(token) = conversation.token(self)? else {
            return Some(());
        };
        let request = self.as_client().request(Method::POST, "/revoke");
        let form = [("token", token.access_token.as_str())];
        if conversation.send(request.form(&form), 200)?.is_some() {
            conversation.answered.revoked.push(token);
        }
        Some(())
    }

    fn as_client(&self) -> Basic {
        Anonymous::new(self.address).with_basic(self.client)
    }
}

/// One caller's side.
struct Conversation<'a> {
    watch: &'a Watch,
    answered: Answered,
    kept: Option<Token>,
}

impl<'a> Conversation<'a> {
    fn new(watch: &'a Watch) -> Self {
        Self {
            watch,
            answered: Answered::default(),
            kept: None,
        }
    }

    /// The answer, if it is the expected one; `Some(None)` if the server cannot answer now, and
    /// `None` if the connection broke.
    fn send(&mut self, request: RequestBuilder, expected: u16) -> Option<Option<Answer>> {
        let began = Instant::now();
        let answer = match Answer::try_to(request) {
            Ok(answer) => answer,
            Err(error) => {
                assert!(!error.is_timeout(), "a request was left hanging: {error}");
                return None;
            }
        };
        self.answered.slowest = self.answered.slowest.max(began.elapsed());
        self.watch.answers.fetch_add(1, Ordering::Relaxed);
        if answer.status == 503 {
            self.answered.unavailable += 1;
            return Some(None);
        }
        let answer = answer.expect(expected);
        self.answered.requests.push(request_id(&answer));
        Some(Some(answer))
    }

    fn token(&mut self, load: &Load<'_>) -> Option<Option<Token>> {
        let form = [("grant_type", "client_credentials")];
        let request = load.as_client().request(Method::POST, "/token").form(&form);
        let answer = self.send(request, 200)?;
        Some(answer.map(|answer| answer.json()))
    }

    fn kept_token(&mut self, load: &Load<'_>) -> Option<Option<Token>> {
        if self.kept.is_none() {
            self.kept = self.token(load)?;
        }
        Some(self.kept.clone())
    }
}

fn registered(answer: &Answer) -> RegisteredClient {
    let metadata: Value = answer.json();
    let text = |name: &str| metadata[name].as_str().expect(name).to_owned();
    RegisteredClient {
        client_id: text("client_id"),
        client_secret: text("client_secret"),
        metadata,
    }
}

//! What every OAuth endpoint does around its own work: reads the form, authenticates the client, and
//! records and answers whoever it refuses.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use prometheus::IntCounterVec;

use super::form::{Form, Read};
use crate::app::App;
use crate::audit::{Actor, ActorKind, Cause, Decision, Entry};
use crate::clients::{Authenticated, AuthenticationError};
use crate::http::context::RequestContext;
use crate::http::error::oauth_response;
use crate::model::{Client, ClientId};
use crate::oauth::{ErrorCode, OAuthError, Parameters};

/// An endpoint that clients authenticate at.
pub struct Endpoint {
    app: Arc<App>,
    context: RequestContext,
    event: &'static str,
    refusals: Option<IntCounterVec>,
}

/// A request of a client that has proved who it is.
pub struct Exchange {
    /// Everything.
    pub app: Arc<App>,
    /// What the client asks for.
    pub parameters: Parameters,
    caller: Authenticated,
    cause: Cause,
}

impl Exchange {
    /// The client.
    pub fn client(&self) -> &Client {
        &self.caller.registered.client
    }

    /// The secret that it proved itself by.
    pub fn secret_id(&self) -> &str {
        &self.caller.secret_id
    }

    /// The cause of records about this request.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }
}

impl Endpoint {
    /// An endpoint whose refusals are recorded as `event`.
    pub fn new(app: &web::Data<Arc<App>>, request: &HttpRequest, event: &'static str) -> Self {
        Self {
            app: Arc::clone(app),
            context: RequestContext::of(request),
            event,
            refusals: None,
        }
    }

    /// With refusals counted by code and reason.
    #[must_use]
    pub fn counting(mut self, refusals: &IntCounterVec) -> Self {
        self.refusals = Some(refusals.clone());
        self
    }

    /// Answers a request: does `work` for a client that has proved who it is.
    pub async fn answer(
        self,
        form: Form,
        work: impl AsyncFnOnce(&Exchange) -> Result<HttpResponse, OAuthError>,
    ) -> HttpResponse {
        let request = match form.read() {
            Ok(request) => request,
            Err(error) => {
                let cause = self.context.cause("");
                return self.refuse(error, cause, None).await;
            }
        };
        let caller = match self.authenticate(&request).await {
            Ok(caller) => caller,
            Err(error) => {
                let named = &request.credentials.client_id;
                let proved = match error {
                    // It proved who it is, so that the log has the refusal under its name.
                    AuthenticationError::Disabled => ClientId::parse(named).ok(),
                    _ => None,
                };
                let cause = match &proved {
                    Some(client_id) => {
                        let actor = Actor::new(ActorKind::Client, client_id.as_str());
                        self.context.cause("").by(actor)
                    }
                    None => self.context.cause(claimed(named)),
                };
                return self.refuse(error.into(), cause, proved.as_ref()).await;
            }
        };
        let exchange = Exchange {
            app: Arc::clone(&self.app),
            parameters: request.parameters,
            cause: self.cause_of(&caller),
            caller,
        };
        match work(&exchange).await {
            Ok(response) => response,
            Err(error) => {
                let cause = exchange.cause.clone();
                let client_id = &exchange.client().client_id;
                self.refuse(error, cause, Some(client_id)).await
            }
        }
    }

    /// Authenticates the client, once this replica's memory is fresh.
    async fn authenticate(&self, request: &Read) -> Result<Authenticated, AuthenticationError> {
        self.app.feed.fresh().await?;
        let credentials = &request.credentials;
        let clients = &self.app.clients;
        clients
            .authenticate(
                &credentials.client_id,
                &credentials.client_secret,
                self.context.address,
            )
            .await
    }

    fn cause_of(&self, caller: &Authenticated) -> Cause {
        let client = &caller.registered.client;
        let actor = Actor::new(ActorKind::Client, client.client_id.as_str());
        let mut cause = self.context.cause("").by(actor);
        cause.tenant_id = client.tenant_id.clone();
        cause
    }

    /// Answers a refusal, once it is recorded.
    async fn refuse(
        &self,
        error: OAuthError,
        cause: Cause,
        client_id: Option<&ClientId>,
    ) -> HttpResponse {
        if let Some(refusals) = &self.refusals {
            let labels = [error.code.name(), error.reason];
            refusals.with_label_values(&labels).inc();
        }
        if let Some(outage) = &error.outage {
            let request_id = &self.context.request_id;
            tracing::error!(%outage, %request_id, "a request could not be answered");
            // What failed for want of a database cannot be recorded in it.
            return oauth_response(&error);
        }
        let decision = match error.code {
            ErrorCode::TemporarilyUnavailable => Decision::Limited,
            _ => Decision::Denied,
        };
        let entry = Entry::new(self.event, decision, &cause)
            .reason(error.reason)
            .detail("error", error.code.name());
        let recorded = match client_id {
            Some(client_id) => self.app.journal.record(entry.client(client_id)).await,
            None => self.app.journal.record_unknown(entry).await,
        };
        match recorded {
            Ok(()) => oauth_response(&error),
            Err(outage) => oauth_response(&outage.into()),
        }
    }
}

/// Whom the caller says it is, as far as that may be recorded: a client that mixes up its credentials
/// sends its secret here.
fn claimed(client_id: &str) -> &str {
    if ClientId::is_generated(client_id) {
        client_id
    } else {
        ""
    }
}

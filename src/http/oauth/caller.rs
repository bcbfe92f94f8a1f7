//! Client authentication at the OAuth endpoints, and the record of those whom it refused.

use std::sync::Arc;

use actix_web::HttpResponse;

use super::form::Read;
use crate::app::App;
use crate::audit::{Actor, ActorKind, Cause, Decision, Entry};
use crate::clients::Authenticated;
use crate::http::context::RequestContext;
use crate::http::error::oauth_response;
use crate::oauth::{ErrorCode, OAuthError};

/// One request to an OAuth endpoint.
pub struct Exchange {
    /// Everything.
    pub app: Arc<App>,
    /// The request.
    pub context: RequestContext,
    /// What a refusal is recorded as.
    pub event: &'static str,
}

impl Exchange {
    /// Authenticates the client, once this replica's memory is fresh.
    pub async fn authenticate(&self, request: &Read) -> Result<Authenticated, OAuthError> {
        self.app.feed.fresh().await?;
        let credentials = &request.credentials;
        let address = self.context.address;
        let clients = &self.app.clients;
        Ok(clients
            .authenticate(&credentials.client_id, &credentials.client_secret, address)
            .await?)
    }

    /// The cause of records about an authenticated client.
    pub fn cause(&self, caller: &Authenticated) -> Cause {
        let client = &caller.registered.client;
        let actor = Actor::new(ActorKind::Client, client.client_id.as_str());
        let mut cause = self.context.cause("").by(actor);
        cause.tenant_id = client.tenant_id.clone();
        cause
    }

    /// Answers a refusal, once it is recorded. `claimed` is whom the caller says it is; `caller` is
    /// known if it has proved that.
    pub async fn refuse(
        &self,
        error: OAuthError,
        claimed: &str,
        caller: Option<&Authenticated>,
    ) -> HttpResponse {
        if let Some(cause) = &error.cause {
            let request_id = &self.context.request_id;
            tracing::error!(%cause, %request_id, "a request could not be answered");
        }
        // What failed for want of a database cannot be recorded in it.
        if error.reason != "database_unavailable" {
            let decision = match error.code {
                ErrorCode::TemporarilyUnavailable => Decision::Limited,
                _ => Decision::Denied,
            };
            let recorded = match caller {
                Some(caller) => {
                    let entry = Entry::new(self.event, decision, &self.cause(caller))
                        .client(&caller.registered.client.client_id)
                        .reason(error.reason)
                        .detail("error", error.code.name());
                    self.app.journal.record(entry).await
                }
                None => {
                    let entry = Entry::new(self.event, decision, &self.context.cause(claimed))
                        .reason(error.reason)
                        .detail("error", error.code.name());
                    self.app.journal.record_unknown(entry).await
                }
            };
            if let Err(outage) = recorded {
                return oauth_response(&outage.into());
            }
        }
        oauth_response(&error)
    }
}

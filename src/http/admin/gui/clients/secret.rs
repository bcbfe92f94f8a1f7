//! A client's secrets: made, shown this once with lines to use it by, retired.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{named, named_client, path_of};
use crate::app::App;
use crate::clients::{ClientError, NewSecret, check_secret_lifetime};
use crate::http::admin::api::WriteClients;
use crate::http::admin::api::clients::must_cover_client;
use crate::http::admin::gui::gate::{Submitted, Visitor, see_other};
use crate::http::admin::gui::shell::{Moment, Shell, page};
use crate::http::error::{Problem, sentence};
use crate::model::{ClientId, Timestamp};

/// What is kept, sealed, until the next page shows it.
#[derive(Serialize, Deserialize)]
struct Handover {
    client_id: String,
    client_secret: String,
    expires_at: Option<i64>,
}

#[derive(Template)]
#[template(path = "admin/clients/secret.html")]
struct Page {
    shell: Shell,
    client_id: String,
    client_name: String,
    secret: Option<Shown>,
}

struct Shown {
    value: String,
    expires: Option<Moment>,
}

/// Leaves a secret for the page that shows it, and says where that is.
pub async fn leave(
    visitor: &Visitor<WriteClients>,
    app: &App,
    client_id: &ClientId,
    secret: &NewSecret,
) -> Result<String, Problem> {
    let handover = Handover {
        client_id: client_id.as_str().to_owned(),
        client_secret: secret.value.expose_secret().to_owned(),
        expires_at: secret.stored.expires_at.map(Timestamp::micros),
    };
    let text = serde_json::to_string(&handover).unwrap_or_default();
    let text = SecretString::from(text);
    app.sessions.leave_sealed(&visitor.key, &text).await?;
    Ok(format!("{}/secret", path_of(client_id)))
}

/// Shows the secret that was just made. Whoever comes again finds it gone.
pub async fn get(
    visitor: Visitor<WriteClients>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let client = named_client(&visitor, &app, &path).await?;
    let left = app
        .sessions
        .take_sealed(&visitor.key, &visitor.session)
        .await?;
    let handover = left.and_then(|text| serde_json::from_str(text.expose_secret()).ok());
    let handover = handover.filter(|left: &Handover| left.client_id == client.client_id.as_str());
    if handover.is_some() {
        visitor.admitted.record().await?;
    }
    let now = app.clock.now();
    let drawn = Page {
        shell: visitor.shell,
        client_id: client.client_id.as_str().to_owned(),
        client_name: client.client_name,
        secret: handover.map(|handover| Shown {
            value: handover.client_secret,
            expires: handover
                .expires_at
                .map(|micros| Moment::new(Timestamp::from_micros(micros), now)),
        }),
    };
    page(StatusCode::OK, &drawn)
}

/// Makes one more secret.
pub async fn add(
    submitted: Submitted<WriteClients>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let client_id = named(&path)?;
    must_cover_client(&visitor.admitted, &app, &client_id).await?;
    let lifetime = form
        .number("client_secret_lifetime")
        .and_then(|lifetime| check_secret_lifetime(lifetime).map(|()| lifetime));
    let lifetime = lifetime.map_err(|error| ClientError::Invalid(vec![error]))?;
    let lifetime = lifetime.map(Duration::from_secs);
    match app
        .clients
        .add_secret(visitor.cause(), &client_id, lifetime)
        .await
    {
        Ok(secret) => Ok(see_other(
            &leave(&visitor, &app, &client_id, &secret).await?,
        )),
        Err(error @ ClientError::TooManySecrets) => {
            visitor
                .refused(&path_of(&client_id), &sentence(&error))
                .await
        }
        Err(error) => Err(error.into()),
    }
}

/// Retires a secret, at once or after a while.
pub async fn retire(
    submitted: Submitted<WriteClients>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let client_id = named(&path)?;
    let here = path_of(&client_id);
    let after = form.number("after");
    let after: Option<u64> = after.map_err(|error| ClientError::Invalid(vec![error]))?;
    check_secret_lifetime(after.filter(|seconds| *seconds > 0))
        .map_err(|error| ClientError::Invalid(vec![error]))?;
    let after = Duration::from_secs(after.unwrap_or_default());
    // A secret's identifier has the form of a client's.
    let Ok(secret_id) = ClientId::parse(form.text("secret_id")) else {
        return visitor.refused(&here, "There is no such secret.").await;
    };
    let retired = app
        .clients
        .retire_secret(visitor.cause(), &client_id, secret_id.as_str(), after)
        .await;
    match retired {
        Ok(_) if after.is_zero() => visitor.done(&here, "The secret works no more.").await,
        Ok(_) => visitor.done(&here, "The secret ends as you asked.").await,
        Err(error @ (ClientError::LastSecret | ClientError::NotFound)) => {
            visitor.refused(&here, &sentence(&error)).await
        }
        Err(error) => Err(error.into()),
    }
}

//! What ends or interrupts a client's access: disable, enable, revoke all tokens, delete.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::{named, named_client, path_of};
use crate::app::App;
use crate::http::admin::api::WriteClients;
use crate::http::admin::api::clients::must_cover_client;
use crate::http::admin::gui::gate::Submitted;
use crate::http::error::Problem;

type Form = Submitted<WriteClients>;

/// Shuts a client out.
pub async fn disable(
    form: Form,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let client_id = named(&path)?;
    app.clients
        .disable(form.visitor.cause(), &client_id)
        .await?;
    let message = "The client is disabled. It gets no token, and those that it had are void.";
    form.visitor.done(&path_of(&client_id), message).await
}

/// Lets a client in again.
pub async fn enable(
    form: Form,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let client_id = named(&path)?;
    must_cover_client(&form.visitor.admitted, &app, &client_id).await?;
    app.clients.enable(form.visitor.cause(), &client_id).await?;
    let message = "The client is enabled. Tokens from before stay void.";
    form.visitor.done(&path_of(&client_id), message).await
}

/// Makes every token of a client void.
pub async fn revoke_tokens(
    form: Form,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let client_id = named(&path)?;
    app.clients
        .revoke_tokens(form.visitor.cause(), &client_id)
        .await?;
    let message = "Every token that the client had is void.";
    form.visitor.done(&path_of(&client_id), message).await
}

/// Removes a client whose name was typed.
pub async fn delete(
    form: Form,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let client = named_client(&form.visitor, &app, &path).await?;
    let client_id = &client.client_id;
    if form.form.text("confirmation").trim() != client.client_name.trim() {
        let message = "Nothing was deleted: the name that was typed is not the client's.";
        return form.visitor.refused(&path_of(client_id), message).await;
    }
    app.clients.delete(form.visitor.cause(), client_id).await?;
    let message = format!("{} is deleted. Its tokens are void.", client.client_name);
    form.visitor.done("/admin/clients", &message).await
}

//! `ambit client show`, and a client in words, for the other sub-commands too.

use super::super::context::Context;
use super::super::output::{self, Table, printable, time};
use super::One;
use crate::clients::{ClientView, Registered};

/// Prints a client.
pub async fn run(one: &One, context: &Context) -> anyhow::Result<()> {
    let registered = context
        .read(async |app, cause| Ok(app.clients.show(&cause.tenant_id, &one.client_id).await?))
        .await?;
    if one.json {
        return output::print_json(&ClientView::from(&registered));
    }
    Ok(output::print(&describe(&ClientView::from(&registered)))?)
}

/// Prints a client that was changed: whole as JSON, or one sentence about it.
pub fn changed(registered: &Registered, json: bool, sentence: &str) -> anyhow::Result<()> {
    if json {
        return output::print_json(&ClientView::from(registered));
    }
    let client = &registered.client;
    let name = printable(&client.client_name);
    Ok(output::print_line(&format!(
        "{} ({name}) {sentence}",
        client.client_id
    ))?)
}

/// A client under its fields' names. What is empty is left out.
pub fn describe(view: &ClientView) -> String {
    let state = if view.enabled { "yes" } else { "no" };
    let lifetime = view
        .access_token_lifetime
        .map(|seconds| format!("{seconds} seconds"));
    let secret_ends = match view.client_secret_expires_at {
        None => None,
        Some(0) => Some("never".to_owned()),
        Some(end) => Some(time(Some(end))),
    };
    let fields = [
        ("client_id", Some(view.client_id.clone())),
        ("client_secret", view.client_secret.clone()),
        ("client_secret_expires_at", secret_ends),
        ("client_name", Some(view.client_name.clone())),
        ("description", some(&view.description)),
        ("scope", some(&view.scope)),
        ("grant_types", some(&view.grant_types.join(" "))),
        ("redirect_uris", some(&view.redirect_uris.join(" "))),
        (
            "token_endpoint_auth_method",
            Some(view.token_endpoint_auth_method.clone()),
        ),
        ("contacts", some(&view.contacts.join(", "))),
        ("software_id", view.software_id.clone()),
        ("allowed_resources", some(&view.allowed_resources.join(" "))),
        ("serves_resources", some(&view.serves_resources.join(" "))),
        (
            "access_token_lifetime",
            lifetime.or_else(|| Some("the server's default".to_owned())),
        ),
        ("enabled", Some(state.to_owned())),
        ("tenant_id", Some(view.tenant_id.clone())),
        (
            "client_id_issued_at",
            Some(time(Some(view.client_id_issued_at))),
        ),
        ("updated_at", Some(time(Some(view.updated_at)))),
        (
            "tokens_valid_from",
            Some(time(Some(view.tokens_valid_from))),
        ),
        ("last_used_at", Some(time(view.last_used_at))),
    ];
    let mut table = Table::plain();
    for (name, value) in fields {
        if let Some(value) = value {
            table.row([name, &value]);
        }
    }
    format!("{}{}", table.text(), secrets(view))
}

fn secrets(view: &ClientView) -> String {
    // A client that was just made has the one secret that stands above.
    let Some(secrets) = view
        .secrets
        .as_ref()
        .filter(|_| view.client_secret.is_none())
    else {
        return String::new();
    };
    let mut table = Table::new(["SECRET_ID", "CREATED", "EXPIRES", "LAST USED"]);
    for secret in secrets {
        table.row([
            &secret.secret_id,
            &time(Some(secret.created_at)),
            &secret
                .expires_at
                .map_or_else(|| "never".to_owned(), |end| time(Some(end))),
            &time(secret.last_used_at),
        ]);
    }
    format!("\n{}", table.text())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

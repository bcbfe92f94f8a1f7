//! What the audit log has of a client lately.

use crate::app::App;
use crate::http::admin::gui::audit::{Row, rows};
use crate::http::error::Problem;
use crate::model::{ClientId, TenantId};
use crate::storage::audit_records::{self, Filter, Walk};

/// Records that are shown.
const SHOWN: i64 = 15;

/// The latest records about a client, newest first.
pub async fn latest(
    app: &App,
    tenant_id: &TenantId,
    client_id: &ClientId,
) -> Result<Vec<Row>, Problem> {
    let filter = Filter {
        client_id: Some(client_id.as_str().to_owned()),
        tenant_id: Some(tenant_id.as_str().to_owned()),
        ..Filter::default()
    };
    let found = app
        .store
        .scan(move |connection| {
            audit_records::select(connection, &filter, Walk::Backward(None), SHOWN)
        })
        .await?;
    Ok(rows(app, found, app.clock.now()).await?)
}

//! `ambit demo`: what an agent does with Ambit, on sample data, in a folder that is thrown away.

use std::io::{self, Cursor};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use clap::{Arg, Args};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use super::context::{Context, cause};
use super::failure::usage;
use super::flags::SettingsFlags;
use super::{admin, logging, output, serve};
use crate::actions::ACTIONS;
use crate::clients::{NewSecret, Registration};
use crate::config::{self, Settings, Sources};
use crate::model::ClientId;
use crate::warehouse::load::{self, TableName};

const ADMINISTRATOR: &str = "admin";
/// What the demo's agent may do: read all of the sample data, and change nothing.
const SCOPE: &str = "audit:read releases:read tickets:read warehouse:read";

/// Serves until Ctrl-C, on what it makes for the purpose alone.
pub async fn run(context: &Context) -> anyhow::Result<()> {
    refuse_what_has_no_effect(context.flags())?;
    let folder = tempfile::Builder::new()
        .prefix("ambit-demo-")
        .tempdir()
        .context("no temporary folder can be made")?;
    let password = admin::generated_password();
    let settings = settings(context.flags(), folder.path(), &password)?;
    logging::start(&settings.log)?;
    load_samples(&settings.warehouse).await?;
    let started = serve::start(settings).await.map_err(explained)?;
    let registration = Registration {
        client_name: "Demo agent".to_owned(),
        description: Some("Made by ambit demo.".to_owned()),
        scope: Some(SCOPE.to_owned()),
        ..Registration::default()
    };
    let (registered, secret) = started.app.clients.register(&cause(), registration).await?;
    let client_id = &registered.client.client_id;
    let base = &started.app.issuer;
    let introduction = introduction(base, &folder, &password);
    output::print(&format!(
        "{introduction}{}",
        lines(base, client_id, &secret)
    ))?;
    started.serve().await?;
    folder
        .close()
        .context("the demo's folder cannot be removed")
}

/// Flags that every other sub-command takes, and the demo refuses.
const REFUSED: [&str; 4] = ["config", "database_url", "warehouse_url", "keys_dir"];

/// The flags that the demo refuses: understood, so that it can say why, and not offered in its help.
pub fn refused_flags() -> Vec<Arg> {
    let all = SettingsFlags::augment_args(clap::Command::new("demo"));
    let refused = all
        .get_arguments()
        .filter(|flag| REFUSED.contains(&flag.get_id().as_str()));
    refused.map(|flag| flag.clone().hide(true)).collect()
}

/// The demo takes nothing from `ambit.toml` or the environment, so that it is the same everywhere and
/// touches nothing that is there.
fn refuse_what_has_no_effect(flags: &SettingsFlags) -> anyhow::Result<()> {
    let given = [
        ("--config", flags.config.is_some()),
        ("--database-url", flags.database_url.is_some()),
        ("--warehouse-url", flags.warehouse_url.is_some()),
        ("--keys-dir", flags.keys_dir.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(usage(format!(
            "{flag} has no effect on the demo, which has a folder of its own"
        ))),
        None => Ok(()),
    }
}

fn settings(
    flags: &SettingsFlags,
    folder: &Path,
    password: &SecretString,
) -> anyhow::Result<Settings> {
    let folder = folder
        .to_str()
        .context("the temporary folder's name is no text")?;
    let mut overrides = flags
        .overrides()
        .set("database.url", format!("sqlite://{folder}/ambit.db"))
        .set("warehouse.url", format!("sqlite://{folder}/warehouse.db"))
        .set("keys.dir", format!("{folder}/keys"))
        .set("admin.user", ADMINISTRATOR)
        .set("admin.password", password.expose_secret());
    if flags.log.is_none() {
        overrides = overrides.set("log.filter", "warn");
    }
    Ok(config::load(&Sources {
        overrides,
        ..Sources::default()
    })?)
}

/// Fills the demo's warehouse with the samples of the routers.
async fn load_samples(warehouse: &config::Warehouse) -> anyhow::Result<()> {
    for sample in ACTIONS.iter().flat_map(|router| router.samples) {
        let mut request = load::Request::new(TableName::parse(sample.table)?);
        request.null.extend(sample.null.map(str::to_owned));
        let mut csv = Cursor::new(sample.csv);
        load::load(warehouse, &request, &mut csv, &|_| ()).await?;
    }
    Ok(())
}

fn explained(error: anyhow::Error) -> anyhow::Error {
    let taken = error
        .root_cause()
        .downcast_ref::<io::Error>()
        .is_some_and(|cause| cause.kind() == io::ErrorKind::AddrInUse);
    if taken {
        anyhow!("{error}: it is taken; `ambit demo --listen 127.0.0.1:0` takes a free one")
    } else {
        error
    }
}

fn introduction(base: &str, folder: &TempDir, password: &SecretString) -> String {
    let samples = ACTIONS.iter().flat_map(|router| router.samples);
    let samples: String = samples
        .map(|sample| format!("{:16} {}\n", sample.table, sample.source))
        .collect();
    format!(
        "This is a demo of Ambit. Everything is in {folder}, which is removed at the end.\n\
         \n\
         server         {base}\n\
         API            {base}/docs\n\
         administration {base}/admin\n\
         administrator  {ADMINISTRATOR}\n\
         password       {password}\n\
         \n\
         Sample data\n\
         {samples}\
         \n\
         Paste these lines into another terminal, one after the other.\n\n",
        folder = folder.path().display(),
        password = password.expose_secret(),
    )
}

/// What to paste: each line works alone in `sh` and `bash`, behind the ones before it.
fn lines(base: &str, client_id: &ClientId, secret: &NewSecret) -> String {
    let credentials = "-u \"$CLIENT_ID:$CLIENT_SECRET\"";
    let client_secret = secret.value.expose_secret();
    let curl = "curl -sS -w '\\n%{http_code}\\n'";
    let bearer = "-H \"Authorization: Bearer $TOKEN\"";
    let json = "-H 'Content-Type: application/json'";
    let access_token = "sed -n 's/.*\"access_token\" *: *\"\\([^\"]*\\)\".*/\\1/p'";
    let question = "SELECT kind, COUNT(*) AS releases FROM releases GROUP BY kind ORDER BY kind";
    let way_round = "SELECT name FROM sqlite_master";
    let accept = "-H 'Accept: application/json, text/event-stream'";
    let tool = r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_releases", "arguments": {"limit": 1}}}"#;
    format!(
        "# What the agent proves itself with.\n\
         CLIENT_ID='{client_id}'\n\
         CLIENT_SECRET='{client_secret}'\n\
         \n\
         # The agent gets a token, which covers reading and no more.\n\
         TOKEN=$(curl -sS {credentials} -d grant_type=client_credentials '{base}/token' | {access_token})\n\
         \n\
         # It calls an action: 200.\n\
         {curl} {bearer} '{base}/actions/release_oversight/list_releases?limit=2'\n\
         \n\
         # It asks the warehouse in SQL: 200.\n\
         {curl} {bearer} {json} -d '{{\"sql\": \"{question}\"}}' '{base}/actions/common_actions/query'\n\
         \n\
         # It asks for a table that is none of its own, and learns which are: 422.\n\
         {curl} {bearer} {json} -d '{{\"sql\": \"{way_round}\"}}' '{base}/actions/common_actions/query'\n\
         \n\
         # It wants to change something, which its token does not cover: 403.\n\
         {curl} {bearer} {json} -d '{{}}' '{base}/actions/release_oversight/set_gate'\n\
         \n\
         # The same actions are MCP tools, for a token that names the endpoint: 200.\n\
         MCP=$(curl -sS {credentials} -d grant_type=client_credentials -d 'resource={base}/mcp' '{base}/token' | {access_token})\n\
         {curl} -H \"Authorization: Bearer $MCP\" {json} {accept} -d '{tool}' '{base}/mcp'\n\
         \n\
         # The token is revoked: 200.\n\
         {curl} {credentials} -d \"token=$TOKEN\" '{base}/revoke'\n\
         \n\
         # From now on it is refused: 401.\n\
         {curl} {bearer} '{base}/actions/release_oversight/list_releases'\n\
         \n\
         Ctrl-C ends the demo.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_touches_only_its_folder() {
        let flags = SettingsFlags {
            listen: Some("127.0.0.1:0".to_owned()),
            ..Default::default()
        };
        let password = admin::generated_password();
        let settings = settings(&flags, Path::new("/nowhere"), &password).unwrap();
        assert_eq!(
            settings.database.url.to_string(),
            "sqlite:///nowhere/ambit.db"
        );
        assert_eq!(settings.keys.dir, Path::new("/nowhere/keys"));
        assert_eq!(settings.server.listen.to_string(), "127.0.0.1:0");
        assert!(settings.keys.private_key.is_none());
    }

    #[test]
    fn flags_without_effect_are_refused() {
        let flags = SettingsFlags {
            keys_dir: Some("x".to_owned()),
            ..Default::default()
        };
        assert!(refuse_what_has_no_effect(&flags).is_err());
        assert!(refuse_what_has_no_effect(&SettingsFlags::default()).is_ok());
    }
}

//! `ambit client rotate-secret` and `retire-secret`.

use std::time::Duration;

use secrecy::ExposeSecret;

use super::super::context::Context;
use super::super::output::{self, time};
use super::show;
use crate::app::App;
use crate::audit::Cause;
use crate::clients::{NewSecret, SecretView};
use crate::model::{ClientId, Timestamp};

const EXAMPLES: &str = "\
Examples:
  ambit client rotate-secret CLIENT_ID                       The older one ends in a day
  ambit client rotate-secret CLIENT_ID --retire-after 3600   It ends in an hour
  ambit client rotate-secret CLIENT_ID --retire-now          It leaked: it ends now
  ambit client rotate-secret CLIENT_ID --keep                Both work until one is retired";

/// Which client, and what becomes of its older secret.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RotateArgs {
    /// The client's identifier
    #[arg(value_name = "CLIENT_ID", value_parser = ClientId::parse)]
    client_id: ClientId,
    /// Time until the older secret ends
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    retire_after: u64,
    /// End the older secret at once
    #[arg(long, conflicts_with = "retire_after")]
    retire_now: bool,
    /// Let the older secret be
    #[arg(long, conflicts_with_all = ["retire_after", "retire_now"])]
    keep: bool,
    /// Time until the new secret ends [default: never]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    secret_lifetime: Option<u64>,
    /// Print the new secret as JSON
    #[arg(long)]
    json: bool,
}

impl RotateArgs {
    /// Makes the new secret, retires the older one, and prints the new one.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let lifetime = self.secret_lifetime.map(Duration::from_secs);
        context
            .change(async |app, cause| {
                let secret = app
                    .clients
                    .add_secret(cause, &self.client_id, lifetime)
                    .await?;
                // Shown before the older one is retired: whatever fails then, this one is not lost.
                self.show(&secret)?;
                if !self.keep {
                    self.retire_others(app, cause, &secret).await?;
                }
                Ok(())
            })
            .await
    }

    fn show(&self, secret: &NewSecret) -> anyhow::Result<()> {
        if self.json {
            return output::print_json(&SecretView::from(secret));
        }
        let text = format!(
            "client_secret  {}\nsecret_id      {}\nexpires        {}\n\n\
             The secret is shown this once; Ambit keeps a hash.\n",
            secret.value.expose_secret(),
            secret.stored.secret_id,
            secret
                .stored
                .expires_at
                .map_or("never".to_owned(), |end| time(Some(end.seconds()))),
        );
        Ok(output::print(&text)?)
    }

    async fn retire_others(&self, app: &App, cause: &Cause, new: &NewSecret) -> anyhow::Result<()> {
        let after = Duration::from_secs(if self.retire_now {
            0
        } else {
            self.retire_after
        });
        let end = app.clock.now().plus(after);
        let held = app
            .clients
            .show(&cause.tenant_id, &self.client_id)
            .await?
            .secrets;
        let later = |expires_at: Option<Timestamp>| expires_at.is_none_or(|at| at > end);
        let others = held
            .iter()
            .filter(|secret| secret.secret_id != new.stored.secret_id && later(secret.expires_at));
        for secret in others {
            let secret_id = &secret.secret_id;
            app.clients
                .retire_secret(cause, &self.client_id, secret_id, after)
                .await?;
            let ends = if after.is_zero() {
                "has ended".to_owned()
            } else {
                format!("ends {}", time(Some(end.seconds())))
            };
            if !self.json {
                output::print_line(&format!("The older secret, {secret_id}, {ends}."))?;
            }
        }
        Ok(())
    }
}

/// Which secret to retire.
#[derive(Debug, clap::Args)]
pub struct RetireArgs {
    /// The client's identifier
    #[arg(value_name = "CLIENT_ID", value_parser = ClientId::parse)]
    client_id: ClientId,
    /// The secret's identifier, as `ambit client show` lists it
    #[arg(value_name = "SECRET_ID", allow_hyphen_values = true)]
    secret_id: String,
    /// Time until it ends
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    after: u64,
    /// Print the client as JSON
    #[arg(long)]
    json: bool,
}

impl RetireArgs {
    /// Retires the secret.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let after = Duration::from_secs(self.after);
        let (client_id, secret_id) = (&self.client_id, &self.secret_id);
        let registered = context
            .change(async |app, cause| {
                Ok(app
                    .clients
                    .retire_secret(cause, client_id, secret_id, after)
                    .await?)
            })
            .await?;
        let when = if after.is_zero() {
            "has ended".to_owned()
        } else {
            format!("ends in {} seconds", self.after)
        };
        show::changed(
            &registered,
            self.json,
            &format!("keeps its other secret; {secret_id} {when}"),
        )
    }
}

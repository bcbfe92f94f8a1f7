//! `ambit client create`.

use super::super::context::Context;
use super::super::output;
use super::show;
use crate::app::App;
use crate::audit::Cause;
use crate::clients::{ClientView, Registration};

const EXAMPLES: &str = "\
Examples:
  ambit client create --name \"Release bot\" --scope protected
  ambit client create --name \"Report API\" --serves-resource https://reports.example.com
  ambit client create --name nightly --scope protected --token-lifetime 300 --json \\
    | sed -n 's/.*\"client_secret\": \"\\(.*\\)\".*/\\1/p'";

/// A client to be registered.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A name for people to read
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// What the client is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The most that it may ask for: scopes separated by spaces [default: none]
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// A resource beyond Ambit's own that its tokens may be for; may be repeated
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// A resource that the client is the server of, so that it may introspect tokens for it; may be
    /// repeated
    #[arg(long = "serves-resource", value_name = "URI")]
    serves_resources: Vec<String>,
    /// A grant type that it may use; may be repeated [default: client_credentials]
    #[arg(long = "grant-type", value_name = "TYPE")]
    grant_types: Vec<String>,
    /// Where interactive grants may lead back to; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// How it says it authenticates [default: client_secret_basic]
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    /// Whom to ask about it; may be repeated
    #[arg(long = "contact", value_name = "TEXT")]
    contacts: Vec<String>,
    /// Identifier of the software that runs as this client
    #[arg(long, value_name = "TEXT")]
    software_id: Option<String>,
    /// Lifetime of its tokens [default: the server's]
    #[arg(long, value_name = "SECONDS")]
    token_lifetime: Option<u32>,
    /// Time until its secret ends [default: never]
    #[arg(long, value_name = "SECONDS")]
    secret_lifetime: Option<u64>,
    /// Print the client as JSON, as the admin API answers it
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Registers the client and prints it with its secret.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let json = self.json;
        let registration = self.registration();
        // Running servers remember who serves which resource.
        let is_remembered = !registration.serves_resources.is_empty();
        let register =
            async |app: &App, cause: &Cause| Ok(app.clients.register(cause, registration).await?);
        let (registered, secret) = if is_remembered {
            context.change(register).await?
        } else {
            context.with_app(register).await?
        };
        let view = ClientView::from(&registered).with_secret(&secret);
        if json {
            return output::print_json(&view);
        }
        let text = show::describe(&view);
        Ok(output::print(&format!(
            "{text}\nThe secret is shown this once; Ambit keeps a hash.\n"
        ))?)
    }

    fn registration(self) -> Registration {
        Registration {
            client_name: self.name,
            description: self.description,
            scope: self.scope,
            allowed_resources: self.resources,
            serves_resources: self.serves_resources,
            grant_types: (!self.grant_types.is_empty()).then_some(self.grant_types),
            redirect_uris: self.redirect_uris,
            token_endpoint_auth_method: self.auth_method,
            contacts: self.contacts,
            software_id: self.software_id,
            access_token_lifetime: self.token_lifetime,
            client_secret_lifetime: self.secret_lifetime,
        }
    }
}

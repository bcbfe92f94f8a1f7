//! `ambit client update`.

use super::super::context::Context;
use super::super::failure::usage;
use super::show;
use crate::clients::ClientPatch;
use crate::model::ClientId;

const EXAMPLES: &str = "\
Examples:
  ambit client update CLIENT_ID --scope \"protected highly_sensitive\"
  ambit client update CLIENT_ID --no-token-lifetime --no-contact

A list that is named replaces the one that was there.";

/// What to change.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The client's identifier
    #[arg(value_name = "CLIENT_ID", value_parser = ClientId::parse)]
    client_id: ClientId,
    /// A name for people to read
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// What the client is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The most that it may ask for: scopes separated by spaces, or "" for none
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// A resource beyond Ambit's own that its tokens may be for; may be repeated
    #[arg(long = "resource", value_name = "URI")]
    resources: Option<Vec<String>>,
    /// No resources beyond Ambit's own
    #[arg(long, conflicts_with = "resources")]
    no_resource: bool,
    /// A resource that the client is the server of; may be repeated
    #[arg(long = "serves-resource", value_name = "URI")]
    serves_resources: Option<Vec<String>>,
    /// The client is the server of no resource
    #[arg(long, conflicts_with = "serves_resources")]
    no_serves_resource: bool,
    /// A grant type that it may use; may be repeated
    #[arg(long = "grant-type", value_name = "TYPE")]
    grant_types: Option<Vec<String>>,
    /// Where interactive grants may lead back to; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Option<Vec<String>>,
    /// No redirect URIs
    #[arg(long, conflicts_with = "redirect_uris")]
    no_redirect_uri: bool,
    /// How it says it authenticates
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    /// Whom to ask about it; may be repeated
    #[arg(long = "contact", value_name = "TEXT")]
    contacts: Option<Vec<String>>,
    /// No contacts
    #[arg(long, conflicts_with = "contacts")]
    no_contact: bool,
    /// Identifier of the software that runs as this client
    #[arg(long, value_name = "TEXT")]
    software_id: Option<String>,
    /// No software identifier
    #[arg(long, conflicts_with = "software_id")]
    no_software_id: bool,
    /// Lifetime of its tokens
    #[arg(long, value_name = "SECONDS")]
    token_lifetime: Option<u32>,
    /// Tokens live as long as the server's default says
    #[arg(long, conflicts_with = "token_lifetime")]
    no_token_lifetime: bool,
    /// Print the client as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Changes the client.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (client_id, json) = (self.client_id.clone(), self.json);
        let patch = self.patch();
        let fields = patch.fields().join(", ");
        if fields.is_empty() {
            return Err(usage("name at least one thing to change; see --help"));
        }
        let registered = context
            .change(async |app, cause| Ok(app.clients.update(cause, &client_id, patch).await?))
            .await?;
        show::changed(&registered, json, &format!("was changed: {fields}"))
    }

    fn patch(self) -> ClientPatch {
        ClientPatch {
            client_name: self.name,
            description: self.description,
            scope: self.scope,
            allowed_resources: list(self.resources, self.no_resource),
            serves_resources: list(self.serves_resources, self.no_serves_resource),
            grant_types: self.grant_types,
            redirect_uris: list(self.redirect_uris, self.no_redirect_uri),
            token_endpoint_auth_method: self.auth_method,
            contacts: list(self.contacts, self.no_contact),
            software_id: value(self.software_id, self.no_software_id),
            access_token_lifetime: value(self.token_lifetime, self.no_token_lifetime),
        }
    }
}

fn list(given: Option<Vec<String>>, none: bool) -> Option<Vec<String>> {
    if none { Some(Vec::new()) } else { given }
}

fn value<T>(given: Option<T>, none: bool) -> Option<Option<T>> {
    if none { Some(None) } else { given.map(Some) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Args,
    }

    fn patch(line: &str) -> ClientPatch {
        Line::try_parse_from(line.split(' '))
            .unwrap()
            .arguments
            .patch()
    }

    #[test]
    fn only_what_is_named_changes() {
        assert!(patch("update client_a").fields().is_empty());
        let patch =
            patch("update client_a --contact a --contact b --no-token-lifetime --no-resource");
        assert_eq!(
            patch.fields(),
            ["allowed_resources", "contacts", "access_token_lifetime"]
        );
        assert_eq!(patch.contacts, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(patch.access_token_lifetime, Some(None));
        assert_eq!(patch.allowed_resources, Some(Vec::new()));
    }

    #[test]
    fn a_value_and_none_of_it_contradict_each_other() {
        let line = "update client_a --token-lifetime 5 --no-token-lifetime";
        assert!(Line::try_parse_from(line.split(' ')).is_err());
    }
}

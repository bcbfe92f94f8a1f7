//! `ambit client list`.

use anyhow::Context as _;

use super::super::context::Context;
use super::super::output::{self, Table, time};
use crate::clients::{ClientPage, ClientView, decode_cursor, encode_cursor};
use crate::storage::clients::{Filter, Order};

const EXAMPLES: &str = "\
Examples:
  ambit client list --search bot --sort name
  ambit client list --disabled --json";

/// Which clients, in which order.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only those whose name, description or identifier contains this, in any case
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only enabled clients
    #[arg(long, conflicts_with = "disabled")]
    enabled: bool,
    /// Only disabled clients
    #[arg(long)]
    disabled: bool,
    /// What to order by; a hyphen turns the order round
    #[arg(
        long,
        value_enum,
        default_value = "-created",
        allow_hyphen_values = true
    )]
    sort: Sort,
    /// Most clients on a page
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Where the page before ended, as it said
    #[arg(long, value_name = "CURSOR", allow_hyphen_values = true)]
    cursor: Option<String>,
    /// Print the page as JSON, as the admin API answers it
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Sort {
    /// By name, A to Z
    Name,
    /// By name, Z to A
    #[value(name = "-name")]
    NameDescending,
    /// Oldest registration first
    Created,
    /// Newest registration first
    #[value(name = "-created")]
    CreatedDescending,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Name => Self::NameAscending,
            Sort::NameDescending => Self::NameDescending,
            Sort::Created => Self::OldestFirst,
            Sort::CreatedDescending => Self::NewestFirst,
        }
    }
}

impl Args {
    /// Prints a page of clients.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let page = self.page(context).await?;
        if self.json {
            return output::print_json(&page);
        }
        Ok(output::print(&describe(&page))?)
    }

    async fn page(&self, context: &Context) -> anyhow::Result<ClientPage> {
        let order = self.sort.into();
        let decode = |cursor| decode_cursor(cursor, order);
        let after = self.cursor.as_deref().map(decode).transpose();
        let after = after.context("--cursor")?;
        let enabled = (self.enabled || self.disabled).then_some(self.enabled);
        let filter = Filter {
            search: self.search.clone(),
            enabled,
            scope: None,
        };
        let (clients, next) = context
            .read(async |app, cause| {
                let tenant_id = &cause.tenant_id;
                Ok(app
                    .clients
                    .list(tenant_id, filter, order, after, self.limit)
                    .await?)
            })
            .await?;
        Ok(ClientPage {
            clients: clients.iter().map(ClientView::from).collect(),
            next_cursor: next.as_ref().map(|next| encode_cursor(next, order)),
        })
    }
}

fn describe(page: &ClientPage) -> String {
    if page.clients.is_empty() {
        return "No clients.\n".to_owned();
    }
    let mut table = Table::new([
        "CLIENT_ID",
        "NAME",
        "SCOPE",
        "STATE",
        "CREATED",
        "LAST USED",
    ]);
    for client in &page.clients {
        table.row([
            &client.client_id,
            &client.client_name,
            &client.scope,
            if client.enabled {
                "enabled"
            } else {
                "disabled"
            },
            &time(Some(client.client_id_issued_at)),
            &time(client.last_used_at),
        ]);
    }
    let next = page.next_cursor.iter();
    let next = next.map(|cursor| format!("\nThere are more: --cursor {cursor}\n"));
    format!("{}{}", table.text(), next.collect::<String>())
}

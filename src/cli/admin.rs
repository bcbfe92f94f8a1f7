//! `ambit admin`: accounts of those who run this server.

use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::context::Context;
use super::input;
use super::output::{self, Table, time};
use crate::model::{Administrator, Role, random_token};

const EXAMPLES: &str = "\
Examples:
  ambit admin create alice                                 Asks for the password; she may read
  ambit admin create alice --role owner                    Lets her do everything
  ambit admin create alice --generate                      Makes one and prints it
  ambit admin create alice --password-stdin < secret.txt   Reads it from a file";

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account.
    #[command(after_help = EXAMPLES)]
    Create {
        #[command(flatten)]
        account: Account,
        /// What the account may do: owner, client_manager or auditor
        #[arg(long, default_value = "auditor", value_parser = role)]
        role: Role,
    },
    /// Give an account a new password.
    ResetPassword(Account),
    /// Remove the second factors of an account that has lost them. Its sessions end.
    ResetSecondFactors {
        /// The name to sign in with
        #[arg(value_name = "NAME")]
        username: String,
    },
    /// Let an account do more or less. Its sessions end.
    SetRole {
        /// The name to sign in with
        #[arg(value_name = "NAME")]
        username: String,
        /// What the account may do: owner, client_manager or auditor
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Remove an account. Its sessions end.
    Remove {
        /// The name to sign in with
        #[arg(value_name = "NAME")]
        username: String,
    },
    /// List accounts.
    List {
        /// Print the accounts as JSON
        #[arg(long)]
        json: bool,
    },
}

/// An account and where its password comes from.
#[derive(Debug, Args)]
pub struct Account {
    /// The name to sign in with
    #[arg(value_name = "NAME")]
    username: String,
    /// Read the password from stdin
    #[arg(long, conflicts_with = "generate")]
    password_stdin: bool,
    /// Make a password and print it this once
    #[arg(long)]
    generate: bool,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Create { account, role } => {
                let password = account.password()?;
                context
                    .with_app(async |app, cause| {
                        Ok(app
                            .administrators
                            .create(cause, &account.username, &password, role)
                            .await?)
                    })
                    .await?;
                account.show(&password, "was made")
            }
            Self::ResetPassword(account) => {
                let password = account.password()?;
                let name = &account.username;
                context
                    .with_app(async |app, cause| {
                        Ok(app
                            .administrators
                            .reset_password(cause, name, &password)
                            .await?)
                    })
                    .await?;
                account.show(&password, "has a new password")
            }
            Self::ResetSecondFactors { username } => {
                context
                    .with_app(async |app, cause| {
                        Ok(app.second_factors.reset(cause, &username).await?)
                    })
                    .await?;
                Ok(output::print_line(&format!(
                    "Administrator {username} has no second factor any more."
                ))?)
            }
            Self::SetRole { username, role } => {
                context
                    .with_app(async |app, cause| {
                        Ok(app.administrators.set_role(cause, &username, role).await?)
                    })
                    .await?;
                let name = role.name();
                Ok(output::print_line(&format!(
                    "Administrator {username} is {name} now."
                ))?)
            }
            Self::Remove { username } => {
                context
                    .with_app(async |app, cause| {
                        Ok(app.administrators.remove(cause, &username).await?)
                    })
                    .await?;
                Ok(output::print_line(&format!(
                    "Administrator {username} is removed."
                ))?)
            }
            Self::List { json } => list(context, json).await,
        }
    }
}

impl Account {
    fn password(&self) -> anyhow::Result<SecretString> {
        if self.generate {
            Ok(generated_password())
        } else if self.password_stdin {
            input::secret_from_stdin()
        } else {
            input::new_secret_from_terminal("Password", "use --password-stdin or --generate")
        }
    }

    fn show(&self, password: &SecretString, what: &str) -> anyhow::Result<()> {
        let made = self.generate.then(|| password.expose_secret());
        if self.json {
            return output::print_json(&match made {
                Some(password) => json!({"username": self.username, "password": password}),
                None => json!({"username": self.username}),
            });
        }
        let made = made.map(|password| format!("Password, shown this once: {password}\n"));
        let text = format!(
            "Administrator {} {what}.\n{}",
            self.username,
            made.unwrap_or_default()
        );
        Ok(output::print(&text)?)
    }
}

fn role(text: &str) -> Result<Role, String> {
    let names = Role::ALL.map(Role::name).join(", ");
    Role::from_name(text).ok_or_else(|| format!("roles are {names}"))
}

/// A password with 144 random bits.
pub fn generated_password() -> SecretString {
    random_token::<18>().into()
}

async fn list(context: &Context, json: bool) -> anyhow::Result<()> {
    let (administrators, factors) = context
        .read(async |app, _| {
            let factors = app.second_factors.of_all().await?;
            Ok((app.administrators.list().await?, factors))
        })
        .await?;
    let factors_of = |administrator: &Administrator| -> Vec<&'static str> {
        let own = factors.get(&administrator.username);
        own.map_or(Vec::new(), |own| {
            own.iter().map(|factor| factor.name()).collect()
        })
    };
    if json {
        let shown = administrators.iter().map(|administrator| {
            json!({
                "username": administrator.username,
                "tenant_id": administrator.tenant_id,
                "created_at": administrator.created_at.seconds(),
                "updated_at": administrator.updated_at.seconds(),
                "role": administrator.role,
                "second_factors": factors_of(administrator),
            })
        });
        return output::print_json(&shown.collect::<Vec<_>>());
    }
    if administrators.is_empty() {
        return Ok(output::print_line(
            "No administrators yet; the first start makes one.",
        )?);
    }
    let mut table = Table::new(["NAME", "ROLE", "SECOND FACTORS", "CREATED", "PASSWORD SET"]);
    for administrator in &administrators {
        table.row([
            administrator.username.as_str(),
            administrator.role.name(),
            &factors_of(administrator).join(", "),
            &time(Some(administrator.created_at.seconds())),
            &time(Some(administrator.updated_at.seconds())),
        ]);
    }
    Ok(output::print(&table.text())?)
}

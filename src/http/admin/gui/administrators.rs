//! `/admin/administrators`: who runs this server, in which role.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{self, Data, Path, ServiceConfig};
use askama::Template;
use secrecy::SecretString;

use super::ACCOUNT;
use super::account::{Unconfirmed, confirm};
use super::form::{Form, Mistakes};
use super::gate::{Submitted, Visitor};
use super::shell::{Moment, Shell, page, role_title};
use crate::administrators::AdministratorError;
use crate::administrators::second_factors::Factor;
use crate::app::App;
use crate::clients::FieldError;
use crate::http::admin::api::{ReadAdministrators, WriteAdministrators};
use crate::http::error::{Problem, sentence};
use crate::model::{Administrator, Role, Timestamp};

const HERE: &str = "/admin/administrators";

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/administrators{path}"));
    config
        .service(at("").route(web::get().to(get)))
        .service(
            at("/new")
                .route(web::get().to(empty))
                .route(web::post().to(add)),
        )
        .service(at("/{username}/edit").route(web::get().to(edit)))
        .service(at("/{username}/role").route(web::post().to(set_role)))
        .service(at("/{username}/password").route(web::post().to(set_password)))
        .service(at("/{username}/second_factors").route(web::post().to(reset_second_factors)))
        .service(at("/{username}/remove").route(web::post().to(remove)));
}

#[derive(Template)]
#[template(path = "admin/administrators/list.html")]
struct List {
    shell: Shell,
    rows: Vec<Row>,
    may_write: bool,
}

#[derive(Template)]
#[template(path = "admin/administrators/create.html")]
struct Create {
    shell: Shell,
    username: String,
    roles: Vec<RoleChoice>,
    mistakes: Mistakes,
}

#[derive(Template)]
#[template(path = "admin/administrators/edit.html")]
struct Edit {
    shell: Shell,
    row: Row,
    roles: Vec<RoleChoice>,
    mistakes: Mistakes,
}

struct Row {
    username: String,
    role: &'static str,
    created: Moment,
    password_set: Moment,
    second_factors: String,
    is_own: bool,
}

struct RoleChoice {
    name: &'static str,
    title: &'static str,
    meaning: &'static str,
    is_chosen: bool,
}

/// The list.
async fn get(
    visitor: Visitor<ReadAdministrators>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let all = app.administrators.list().await?;
    let factors = app.second_factors.of_all().await?;
    let now = app.clock.now();
    let own = &visitor.session.username;
    let drawn = List {
        rows: all.iter().map(|one| row(one, &factors, own, now)).collect(),
        may_write: visitor.admitted.may::<WriteAdministrators>(),
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

fn row(
    administrator: &Administrator,
    factors: &BTreeMap<String, Vec<Factor>>,
    own: &str,
    now: Timestamp,
) -> Row {
    let second_factors = factors.get(&administrator.username).into_iter().flatten();
    let titles: Vec<_> = second_factors.copied().map(factor_title).collect();
    Row {
        second_factors: titles.join(", "),
        is_own: administrator.username == own,
        username: administrator.username.clone(),
        role: role_title(administrator.role),
        created: Moment::new(administrator.created_at, now),
        password_set: Moment::new(administrator.updated_at, now),
    }
}

fn factor_title(factor: Factor) -> &'static str {
    match factor {
        Factor::Totp => "App",
        Factor::Passkey => "Passkey",
        Factor::RecoveryCode => "Recovery code",
    }
}

fn roles(chosen: Role) -> Vec<RoleChoice> {
    let choice = |role: Role| RoleChoice {
        name: role.name(),
        title: role_title(role),
        meaning: match role {
            Role::Owner => "Everything, administrators and keys included.",
            Role::ClientManager => {
                "Registers, changes, tries and stops clients; reads the rest, but for administrators \
                 and settings."
            }
            Role::Auditor => "Reads everything, and changes nothing.",
        },
        is_chosen: role == chosen,
    };
    Role::ALL.into_iter().map(choice).collect()
}

/// The form of a new one. The role that does least harm is chosen.
async fn empty(visitor: Visitor<WriteAdministrators>) -> Result<HttpResponse, Problem> {
    let drawn = Create {
        shell: visitor.shell,
        username: String::new(),
        roles: roles(Role::Auditor),
        mistakes: Mistakes::default(),
    };
    page(StatusCode::OK, &drawn)
}

/// Makes one.
async fn add(
    submitted: Submitted<WriteAdministrators>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let username = form.text("username").trim().to_owned();
    let role = Role::from_name(form.text("role")).unwrap_or(Role::Auditor);
    let password = match password(&form) {
        Ok(password) => app
            .administrators
            .create(visitor.cause(), &username, &password, role)
            .await
            .map(|_| ()),
        Err(mistake) => Err(mistake),
    };
    let mistake = match password {
        Ok(()) => {
            let message = format!("{username} can sign in now.");
            return visitor.done(HERE, &message).await;
        }
        Err(error) => mistake(error)?,
    };
    let drawn = Create {
        shell: visitor.shell,
        username,
        roles: roles(role),
        mistakes: Mistakes::new(vec![mistake]),
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &drawn)
}

/// The password that was typed, twice.
fn password(form: &Form) -> Result<SecretString, AdministratorError> {
    if form.text("password") == form.text("repeated") {
        Ok(form.text("password").into())
    } else {
        Err(AdministratorError::Password)
    }
}

/// The field that a refusal is about.
fn mistake(error: AdministratorError) -> Result<FieldError, Problem> {
    let field = match &error {
        AdministratorError::Name | AdministratorError::Exists => "username",
        AdministratorError::Password => "password",
        _ => return Err(error.into()),
    };
    let repeated = match field {
        "password" => ", the same in both fields",
        _ => "",
    };
    Ok(FieldError {
        field: field.to_owned(),
        detail: format!("{error}{repeated}"),
    })
}

/// The page of one.
async fn edit(
    visitor: Visitor<WriteAdministrators>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    draw(StatusCode::OK, visitor, &app, &path, Mistakes::default()).await
}

async fn draw(
    status: StatusCode,
    visitor: Visitor<WriteAdministrators>,
    app: &App,
    username: &str,
    mistakes: Mistakes,
) -> Result<HttpResponse, Problem> {
    let all = app.administrators.list().await?;
    let found = all.iter().find(|one| one.username == username);
    let found = found.ok_or(AdministratorError::NotFound)?;
    let factors = app.second_factors.of_all().await?;
    let own = &visitor.session.username;
    let drawn = Edit {
        row: row(found, &factors, own, app.clock.now()),
        roles: roles(found.role),
        shell: visitor.shell,
        mistakes,
    };
    page(status, &drawn)
}

/// Gives one another role.
async fn set_role(
    submitted: Submitted<WriteAdministrators>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let Some(role) = Role::from_name(form.text("role")) else {
        return visitor.refused(HERE, "There is no such role.").await;
    };
    let set = app
        .administrators
        .set_role(visitor.cause(), &path, role)
        .await;
    let message = format!("{} is in the role {} now.", *path, role_title(role));
    finish(&visitor, set, &message).await
}

/// Removes the second factors of somebody who has lost them, once the owner's password was given again.
/// One's own are removed on the page of one's account.
async fn reset_second_factors(
    submitted: Submitted<WriteAdministrators>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    if *path == visitor.session.username {
        return visitor
            .refused(ACCOUNT, "Remove your own second factors here.")
            .await;
    }
    let event = "administrator.second_factors.reset";
    let confirmed = confirm(&visitor, &app, &form, event, "second_factors").await?;
    if let Err(Unconfirmed { wait, mistake }) = confirmed {
        let status = match wait {
            Some(_) => StatusCode::TOO_MANY_REQUESTS,
            None => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mistakes = Mistakes::new(vec![mistake]);
        let mut response = draw(status, visitor, &app, &path, mistakes).await?;
        if let Some(seconds) = wait {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        return Ok(response);
    }
    let reset = app.second_factors.reset(visitor.cause(), &path).await;
    let message = format!(
        "{} has no second factor any more, and was signed out everywhere.",
        *path
    );
    finish(&visitor, reset, &message).await
}

/// Sets a new password. One's own is changed where the one in force is asked for.
async fn set_password(
    submitted: Submitted<WriteAdministrators>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    if *path == visitor.session.username {
        return visitor
            .refused(ACCOUNT, "Change your own password here.")
            .await;
    }
    let set = match password(&form) {
        Ok(password) => {
            app.administrators
                .reset_password(visitor.cause(), &path, &password)
                .await
        }
        Err(error) => Err(error),
    };
    match set {
        Err(error @ AdministratorError::Password) => {
            let mistakes = Mistakes::new(vec![mistake(error)?]);
            draw(
                StatusCode::UNPROCESSABLE_ENTITY,
                visitor,
                &app,
                &path,
                mistakes,
            )
            .await
        }
        set => {
            let message = format!(
                "{} has a new password, and was signed out everywhere.",
                *path
            );
            finish(&visitor, set, &message).await
        }
    }
}

/// Removes one whose name was typed.
async fn remove(
    submitted: Submitted<WriteAdministrators>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    if form.text("confirmation").trim() != *path {
        let message = "Nobody was removed: the name that was typed is another.";
        return visitor.refused(HERE, message).await;
    }
    let removed = app.administrators.remove(visitor.cause(), &path).await;
    let message = format!("{} is removed, and was signed out everywhere.", *path);
    finish(&visitor, removed, &message).await
}

async fn finish(
    visitor: &Visitor<WriteAdministrators>,
    outcome: Result<(), AdministratorError>,
    message: &str,
) -> Result<HttpResponse, Problem> {
    match outcome {
        Ok(()) => visitor.done(HERE, message).await,
        Err(error @ (AdministratorError::LastOwner | AdministratorError::NotFound)) => {
            visitor.refused(HERE, &sentence(&error)).await
        }
        Err(error) => Err(error.into()),
    }
}

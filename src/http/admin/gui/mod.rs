//! The admin GUI at `/admin`: pages drawn here, which need no script.
//!
//! A page is one file here, one template under `templates/admin` and one line in [`SECTIONS`]:
//!
//! 1. the file names its routes in a `configure`, below `/admin`;
//! 2. who only looks is a [`Visitor`](gate::Visitor), typed by what the page demands; who changes
//!    something is a [`Submitted`](gate::Submitted), which is checked to come from a form of the same
//!    session, and ends with a redirect ([`Visitor::done`](gate::Visitor::done));
//! 3. the template extends `layout.html` and is handed the visitor's [`Shell`](shell::Shell);
//! 4. the handler calls the services that the admin API calls, and returns their errors as they are:
//!    [`frame`] makes pages of them.

mod account;
mod actions;
mod administrators;
mod assets;
mod attempt;
mod audit;
mod clients;
mod cookies;
mod form;
mod frame;
mod gate;
mod impersonated;
mod keys;
mod overview;
mod scopes;
mod second_factor;
mod semantic;
mod sessions;
mod settings;
mod shell;
mod sign_in;
mod theme;

use actix_web::dev::HttpServiceFactory;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, guard};

use self::gate::{Anybody, Visitor};
use super::api::{ReadAdministrators, ReadAudit, ReadClients, ReadKeys, ReadScopes};
use crate::http::error::Problem;
use crate::http::extract::Requirement;

/// A part of the GUI with a place in the navigation.
pub struct Section {
    /// Where it begins.
    pub path: &'static str,
    /// What the navigation calls it.
    pub title: &'static str,
    /// The symbol's name in `templates/admin/icons.svg`.
    pub icon: &'static str,
    /// Whoever may do any one of these sees it in the navigation. Its handlers demand it themselves.
    pub needs: &'static [&'static str],
    /// Its routes, below `/admin`.
    pub configure: fn(&mut ServiceConfig),
}

/// Every part, in the order of the navigation.
pub static SECTIONS: &[Section] = &[
    Section {
        path: HOME,
        title: "Overview",
        icon: "overview",
        needs: ReadAudit::ANY_OF,
        configure: overview::configure,
    },
    Section {
        path: "/admin/clients",
        title: "Clients",
        icon: "clients",
        needs: ReadClients::ANY_OF,
        configure: clients::configure,
    },
    Section {
        path: "/admin/actions",
        title: "Actions",
        icon: "actions",
        needs: ReadScopes::ANY_OF,
        configure: actions::configure,
    },
    Section {
        path: "/admin/semantic",
        title: "Semantic layer",
        icon: "semantic",
        needs: ReadScopes::ANY_OF,
        configure: semantic::configure,
    },
    Section {
        path: "/admin/audit",
        title: "Audit",
        icon: "audit",
        needs: ReadAudit::ANY_OF,
        configure: audit::configure,
    },
    Section {
        path: "/admin/scopes",
        title: "Scopes",
        icon: "scopes",
        needs: ReadScopes::ANY_OF,
        configure: scopes::configure,
    },
    Section {
        path: "/admin/keys",
        title: "Keys",
        icon: "keys",
        needs: ReadKeys::ANY_OF,
        configure: keys::configure,
    },
    Section {
        path: "/admin/administrators",
        title: "Administrators",
        icon: "administrators",
        needs: ReadAdministrators::ANY_OF,
        configure: administrators::configure,
    },
    Section {
        path: "/admin/settings",
        title: "Settings",
        icon: "settings",
        needs: settings::ReadSettings::ANY_OF,
        configure: settings::configure,
    },
];

/// Where the GUI begins.
const HOME: &str = "/admin";
/// Where everybody looks after their own account.
const ACCOUNT: &str = "/admin/account";

/// Every route of the GUI. The admin API stands beside it.
pub fn scope() -> impl HttpServiceFactory {
    let is_api = |path: &str| path == "/admin/api" || path.starts_with("/admin/api/");
    web::scope("/admin")
        .guard(guard::fn_guard(move |context| {
            !is_api(context.head().uri.path())
        }))
        .configure(|config| {
            for section in SECTIONS {
                (section.configure)(config);
            }
        })
        .configure(sign_in::configure)
        .configure(second_factor::configure)
        .configure(account::configure)
        .configure(sessions::configure)
        .configure(theme::configure)
        .configure(assets::configure)
        .default_service(web::route().to(nowhere))
        .wrap(from_fn(frame::around))
}

/// Whoever is signed in finds the navigation around this page too.
async fn nowhere(_: Option<Visitor<Anybody>>) -> Result<HttpResponse, Problem> {
    let detail = "There is no page at this address.";
    Err(Problem::new(StatusCode::NOT_FOUND, detail))
}

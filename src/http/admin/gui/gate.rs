//! The only ways into a page: [`Visitor`] for one who looks, [`Submitted`] for one who changes
//! something; and [`Waiting`] for one whose second factor is asked for. The first two are typed by what
//! the page demands, as the handlers of the admin API are, and ask the same table of roles.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};

use super::form::Form;
use super::shell::{Flash, Shell};
use super::{ACCOUNT, HOME, cookies, second_factor, sign_in};
use crate::administrators::{OWN_SESSIONS, Session, SessionKey, State};
use crate::app::App;
use crate::audit::{Actor, ActorKind, Cause, Decision, Entry};
use crate::http::context::RequestContext;
use crate::http::error::Problem;
use crate::http::extract::{Admitted, Requirement, is_from_another_site, refuse_another_site};
use crate::model::Role;

/// The name of the field that carries the session's token.
pub const FORM_TOKEN: &str = "form_token";

/// An administrator who is signed in and may do what the page demands.
pub struct Visitor<R> {
    /// As the admin API knows its callers: on whose behalf records are written, and what they may do.
    pub admitted: Admitted<R>,
    /// The session.
    pub session: Session,
    /// What the browser holds of it.
    pub key: SessionKey,
    /// What stands around the page.
    pub shell: Shell,
    app: Arc<App>,
}

/// A visitor with what was typed into a form of the same session.
pub struct Submitted<R> {
    /// Who.
    pub visitor: Visitor<R>,
    /// What.
    pub form: Form,
}

/// Somebody who knows the password and is asked for the second factor, which is all that they come to.
pub struct Waiting {
    /// On whose behalf records are written.
    pub cause: Cause,
    /// The session.
    pub session: Session,
    /// What the browser holds of it.
    pub key: SessionKey,
    /// What stands around the page.
    pub shell: Shell,
}

/// The same with what was typed into a form of the same session.
pub struct WaitingForm {
    /// Who.
    pub waiting: Waiting,
    /// What.
    pub form: Form,
}

impl<R> Visitor<R> {
    /// On whose behalf records are written.
    pub fn cause(&self) -> &Cause {
        &self.admitted.cause
    }

    /// Ends a form that did what it was for: shows another page, with a message.
    pub async fn done(&self, path: &str, message: &str) -> Result<HttpResponse, Problem> {
        self.leave(path, &Flash::good(message)).await
    }

    /// Ends a form that could not do what it was for, where it has no field to blame.
    pub async fn refused(&self, path: &str, message: &str) -> Result<HttpResponse, Problem> {
        self.leave(path, &Flash::bad(message)).await
    }

    async fn leave(&self, path: &str, flash: &Flash) -> Result<HttpResponse, Problem> {
        let sessions = &self.app.sessions;
        sessions
            .leave_flash(&self.session, &flash.to_text())
            .await?;
        Ok(see_other(path))
    }
}

/// Shows another page.
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, path))
        .finish()
}

type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>;

impl<R: Requirement> FromRequest for Visitor<R> {
    type Error = actix_web::Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let arrival = Arrival::of(&request)?;
            let mut signed_in = arrival.signed_in::<R>(&request).await?;
            let shown = signed_in.session.flash.is_some() && *request.method() == Method::GET;
            if shown {
                let sessions = &arrival.app.sessions;
                let dropped = sessions.drop_flash(&signed_in.session).await;
                dropped.map_err(Problem::from)?;
                signed_in.shell.flash = signed_in
                    .session
                    .flash
                    .take()
                    .and_then(|text| Flash::parse(&text));
            }
            Ok(signed_in.admit(arrival.app, &request).await?)
        })
    }
}

impl<R: Requirement> FromRequest for Submitted<R> {
    type Error = actix_web::Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let body = Bytes::from_request(&request, payload);
        Box::pin(async move {
            let arrival = Arrival::of(&request)?;
            arrival.refuse_another_site(&request).await?;
            let signed_in = arrival.signed_in::<R>(&request).await?;
            let form = read(&request, body).await?;
            if !signed_in.key.accepts(form.text(FORM_TOKEN)) {
                return Err(arrival.wrong_form(&signed_in.cause).await.into());
            }
            let visitor = signed_in.admit(arrival.app, &request).await?;
            Ok(Self { visitor, form })
        })
    }
}

impl FromRequest for Waiting {
    type Error = actix_web::Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Arrival::of(&request)?.waiting(&request).await })
    }
}

impl FromRequest for WaitingForm {
    type Error = actix_web::Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let body = Bytes::from_request(&request, payload);
        Box::pin(async move {
            let arrival = Arrival::of(&request)?;
            arrival.refuse_another_site(&request).await?;
            let waiting = arrival.waiting(&request).await?;
            let form = read(&request, body).await?;
            if !waiting.key.accepts(form.text(FORM_TOKEN)) {
                return Err(arrival.wrong_form(&waiting.cause).await.into());
            }
            Ok(Self { waiting, form })
        })
    }
}

/// Reads a form's body.
pub async fn read(
    request: &HttpRequest,
    body: impl Future<Output = Result<Bytes, actix_web::Error>>,
) -> Result<Form, Problem> {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|text| text.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        let detail = "A form is sent as application/x-www-form-urlencoded.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let body = body.await.map_err(|error| {
        let status = error.as_response_error().status_code();
        let reason = status.canonical_reason().unwrap_or("The form was refused");
        Problem::new(status, format!("{reason}."))
    })?;
    Form::parse(&body)
}

/// A request before anybody knows who sent it.
pub struct Arrival {
    /// Everything that serves it.
    pub app: Arc<App>,
    /// What is known of it.
    pub context: RequestContext,
    /// Method and address, as records have them.
    pub target: String,
}

/// A request of a session that is signed in.
struct SignedIn {
    cause: Cause,
    session: Session,
    key: SessionKey,
    role: Role,
    shell: Shell,
}

impl Arrival {
    /// Reads a request's head.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let app = request
            .app_data::<Data<Arc<App>>>()
            .ok_or_else(|| Problem::unavailable(&"the application is not set up"))?;
        let pattern = request.match_pattern().unwrap_or_default();
        Ok(Self {
            app: Arc::clone(app),
            context: RequestContext::of(request),
            target: format!("{} {pattern}", request.method()),
        })
    }

    /// Refuses what another site made the browser send.
    pub async fn refuse_another_site(&self, request: &HttpRequest) -> Result<(), Problem> {
        if !is_from_another_site(request) {
            return Ok(());
        }
        let cause = self.context.cause("");
        Err(refuse_another_site(&self.app, &cause, &self.target).await)
    }

    /// The session that the request names, however far its sign-in has come.
    async fn session(
        &self,
        request: &HttpRequest,
    ) -> Result<Option<(SessionKey, Session, Role)>, Problem> {
        let Some(key) = cookies::session(request, &self.app) else {
            return Ok(None);
        };
        let found = self.app.sessions.find(&key).await?;
        Ok(found.map(|(session, role)| (key, session, role)))
    }

    /// A session that may come to what demands `R`, or the way to the page where it gets so far.
    async fn signed_in<R: Requirement>(
        &self,
        request: &HttpRequest,
    ) -> Result<SignedIn, actix_web::Error> {
        let (key, session, role) = match self.session(request).await? {
            Some((key, session, role)) if session.state == State::SignedIn => (key, session, role),
            Some((_, session, _)) => {
                let way = second_factor::way_back_to(request);
                return self
                    .turn_away(&session.username, "second_factor_pending", &way)
                    .await;
            }
            None => {
                let way = sign_in::way_back_to(request);
                return self.turn_away("", "not_signed_in", &way).await;
            }
        };
        let mut shell = Shell::new(request, &self.app, &key, &session, role);
        if self.lacks_factor(&session).await? {
            if R::ANY_OF != [OWN_SESSIONS] {
                return self
                    .turn_away(&session.username, "second_factor_missing", ACCOUNT)
                    .await;
            }
            shell.navigation.clear();
        }
        let cause = self.cause_of(&session);
        let used = self.app.sessions.used(&session).await;
        used.map_err(Problem::from)?;
        request.extensions_mut().insert(shell.clone());
        Ok(SignedIn {
            cause,
            session,
            key,
            role,
            shell,
        })
    }

    /// Whether a factor is demanded that the session's administrator has not.
    async fn lacks_factor(&self, session: &Session) -> Result<bool, Problem> {
        if !self.app.settings.admin.require_second_factor {
            return Ok(false);
        }
        Ok(!self.app.second_factors.has_any(&session.username).await?)
    }

    /// A session whose password was right and whose second factor is asked for.
    async fn waiting(&self, request: &HttpRequest) -> Result<Waiting, actix_web::Error> {
        match self.session(request).await? {
            Some((key, session, _)) if session.state == State::SecondFactorPending => {
                let mut shell = Shell::of_stranger(request, &self.app);
                shell.form_token = key.form_token();
                Ok(Waiting {
                    cause: self.cause_of(&session),
                    session,
                    key,
                    shell,
                })
            }
            Some(_) => self.lead("signed in", HOME),
            None => {
                self.turn_away("", "not_signed_in", &sign_in::way_back_to(request))
                    .await
            }
        }
    }

    fn cause_of(&self, session: &Session) -> Cause {
        let actor = Actor::new(ActorKind::Administrator, &session.username);
        let mut cause = self.context.cause("").by(actor);
        cause.tenant_id = session.tenant_id.clone();
        cause
    }

    /// Records that somebody may not come here, and leads to where they may.
    async fn turn_away<T>(
        &self,
        username: &str,
        reason: &'static str,
        way: &str,
    ) -> Result<T, actix_web::Error> {
        let entry = Entry::new("request", Decision::Denied, &self.context.cause(username))
            .target(&self.target)
            .reason(reason);
        let recorded = self.app.journal.record_unknown(entry).await;
        recorded.map_err(Problem::from)?;
        self.lead(reason, way)
    }

    fn lead<T>(&self, why: &'static str, way: &str) -> Result<T, actix_web::Error> {
        Err(InternalError::from_response(why, see_other(way)).into())
    }

    async fn wrong_form(&self, cause: &Cause) -> Problem {
        let entry = Entry::new("request", Decision::Denied, cause)
            .target(&self.target)
            .reason("wrong_form_token");
        if let Err(error) = self.app.journal.record(entry).await {
            return error.into();
        }
        let detail = "This form does not belong to your session. Nothing was changed; open the page \
                      again and send the form from there.";
        Problem::new(StatusCode::FORBIDDEN, detail)
    }
}

impl SignedIn {
    async fn admit<R: Requirement>(
        self,
        app: Arc<App>,
        request: &HttpRequest,
    ) -> Result<Visitor<R>, Problem> {
        Ok(Visitor {
            admitted: Admitted::by_session(request, self.cause, self.role).await?,
            session: self.session,
            key: self.key,
            shell: self.shell,
            app,
        })
    }
}

/// What every administrator may do: look after one's own account and sessions.
pub struct Anybody;

impl Requirement for Anybody {
    const ANY_OF: &'static [&'static str] = &[OWN_SESSIONS];
}

//! What answers below `/admin` besides the admin API: pages for administrators in a browser.

mod account;
mod actions;
mod administrators;
mod audit;
mod browser;
mod clients;
mod forms;
mod keys;
mod live;
mod overview;
mod pages;
mod passkeys;
mod scopes;
mod second_factors;
mod semantic;
mod sessions;
mod sign_in;

use reqwest::Method;

use crate::support::{ADMIN_USER, Answer, Caller, Server};

/// A browser without a script: it keeps its session, and reads forms before it sends them.
pub struct Browser {
    address: String,
    pub cookie: Option<String>,
}

impl Browser {
    pub fn new(server: &Server) -> Self {
        Self {
            address: server.address().to_owned(),
            cookie: None,
        }
    }

    /// The first administrator, signed in.
    #[track_caller]
    pub fn signed_in(server: &Server) -> Self {
        Self::as_administrator(server, ADMIN_USER, server.admin_password())
    }

    #[track_caller]
    pub fn as_administrator(server: &Server, username: &str, password: &str) -> Self {
        let mut browser = Self::new(server);
        browser.sign_in(username, password, "").expect(303);
        browser
    }

    /// Sends the form of the sign-in page, and keeps the session that comes back.
    pub fn sign_in(&mut self, username: &str, password: &str, next: &str) -> Answer {
        let fields = [
            ("username", username),
            ("password", password),
            ("next", next),
        ];
        let answer = Answer::to(self.request(Method::POST, "/admin/sign_in").form(&fields));
        self.keep(&answer);
        answer
    }

    /// The token that the forms of this session carry.
    #[track_caller]
    pub fn form_token(&self) -> String {
        let page = self.get("/admin/sessions").expect(200).body;
        let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// The token that the forms of a session carry which waits for its second factor.
    #[track_caller]
    pub fn waiting_token(&self) -> String {
        let page = self.get("/admin/second_factor").expect(200).body;
        let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Sends a form of a session that waits for its second factor, and keeps the session that comes back.
    #[track_caller]
    pub fn prove(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.waiting_token();
        let mut all = vec![("form_token", token.as_str())];
        all.extend_from_slice(fields);
        let answer = self.post_form(&format!("/admin/second_factor/{path}"), &all);
        self.keep(&answer);
        answer
    }

    /// Keeps the session that came with an answer.
    pub fn keep(&mut self, answer: &Answer) {
        if let Some(cookie) = answer.header("set-cookie") {
            let pair = cookie.split(';').next().unwrap();
            self.cookie = Some(pair.to_owned());
        }
    }

    /// Sends a form of this session.
    #[track_caller]
    pub fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.form_token();
        let mut all = vec![("form_token", token.as_str())];
        all.extend_from_slice(fields);
        self.post_form(path, &all)
    }

    /// Where a form led, which must have done what it was for.
    #[track_caller]
    pub fn sent(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(path, fields).expect(303);
        answer.header("location").unwrap().to_owned()
    }
}

impl Caller for Browser {
    fn request(&self, method: Method, path: &str) -> reqwest::blocking::RequestBuilder {
        let request = crate::support::http().request(method, format!("{}{path}", self.address));
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }
}

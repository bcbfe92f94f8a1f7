//! What was typed into a form.

use std::str::FromStr;

use actix_web::http::StatusCode;
use url::form_urlencoded;

use crate::clients::FieldError;
use crate::http::error::Problem;

/// Most fields of a form; a list of scopes is one for each.
const MOST_FIELDS: usize = 1_000;

/// A form's fields, in the order of the page.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body of `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// 400 if it has more fields than any form here.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(body);
        let fields: Vec<_> = pairs
            .take(MOST_FIELDS + 1)
            // Browsers send line breaks as two characters (HTML section 4.10.21.7).
            .map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n")))
            .collect();
        if fields.len() > MOST_FIELDS {
            let detail = "The form has too many fields.";
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
        Ok(Self(fields))
    }

    /// A field's text; empty if it is not there.
    pub fn text(&self, name: &str) -> &str {
        let mut fields = self.0.iter().filter(|(given, _)| given == name);
        fields.next().map_or("", |(_, value)| value.as_str())
    }

    /// A field's text without blanks around it, unless nothing is left.
    pub fn given(&self, name: &str) -> Option<String> {
        let text = self.text(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Every text of a field, such as of a list of choices.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter().filter(move |(given, _)| given == name);
        fields.map(|(_, value)| value.as_str())
    }

    /// The lines of a field that have something on them.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.text(name).lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A field's whole number, if there is something in it.
    ///
    /// # Errors
    /// What is in it is none.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, FieldError> {
        let Some(text) = self.given(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| FieldError {
            field: name.to_owned(),
            detail: "must be a whole number that is not negative".to_owned(),
        })
    }
}

/// What is wrong with the fields of a form that comes back.
#[derive(Debug, Clone, Default)]
pub struct Mistakes(Vec<FieldError>);

impl Mistakes {
    /// All of them.
    pub fn new(errors: Vec<FieldError>) -> Self {
        Self(errors)
    }

    /// What a refusal blames on fields.
    ///
    /// # Errors
    /// The refusal itself, if it blames none.
    pub fn in_fields(problem: Problem) -> Result<Self, Problem> {
        if problem.errors.is_empty() {
            return Err(problem);
        }
        Ok(Self(problem.errors))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// What is wrong with a field, as a sentence; empty if nothing is.
    pub fn of(&self, field: &str) -> String {
        let own = self.0.iter().filter(|error| error.field == field);
        let details: Vec<_> = own.map(|error| error.detail.as_str()).collect();
        if details.is_empty() {
            return String::new();
        }
        crate::http::error::sentence(&details.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_what_was_typed() {
        let form = Form::parse(b"name=a+b&scope=x&scope=y&lines=one%0D%0A%0D%0A+two&n=7").unwrap();
        assert_eq!(form.text("name"), "a b");
        assert_eq!(form.all("scope").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(form.lines("lines"), ["one", "two"]);
        assert_eq!(form.number("n"), Ok(Some(7)));
        assert_eq!(form.number::<u32>("none"), Ok(None));
        assert!(form.number::<u32>("name").is_err());
        assert_eq!(form.text("none"), "");
    }

    #[test]
    fn no_form_has_so_many_fields() {
        let body = "a&".repeat(MOST_FIELDS + 1);
        assert_eq!(Form::parse(body.as_bytes()).unwrap_err().status, 400);
    }
}

//! What a client takes: the `Accept` header (RFC 9110 section 12.5.1).

use actix_web::http::header::{ACCEPT, HeaderMap};

/// The weight of what is taken most gladly, in thousandths.
const MOST: u16 = 1000;

/// The ranges of media types that a client names, and how gladly it takes each.
pub struct Accept(Vec<(String, u16)>);

impl Accept {
    /// As a request says. A weight that is none counts as the greatest.
    pub fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT);
        let values = values.filter_map(|value| value.to_str().ok());
        let ranges = values.flat_map(|value| value.split(',')).map(range);
        Self(ranges.filter(|(name, _)| !name.is_empty()).collect())
    }

    /// Whether the client says nothing, and so takes everything.
    pub fn is_silent(&self) -> bool {
        self.0.is_empty()
    }

    /// How gladly the client takes a type, such as `text/html`: from 0, not at all, to 1000. The range
    /// that says most of the type counts.
    pub fn weight(&self, kind: &str) -> u16 {
        if self.is_silent() {
            return MOST;
        }
        let family = kind.split('/').next().unwrap_or_default();
        let ranges = [kind.to_owned(), format!("{family}/*"), "*/*".to_owned()];
        let weight = |range: &String| {
            let said = self.0.iter().filter(|(name, _)| name == range);
            said.map(|(_, weight)| *weight).max()
        };
        ranges.iter().find_map(weight).unwrap_or_default()
    }
}

fn range(text: &str) -> (String, u16) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim_end()
            .eq_ignore_ascii_case("q")
            .then(|| thousandths(value.trim()))
    });
    (name, weight.unwrap_or(MOST))
}

/// A weight of up to three decimals.
fn thousandths(text: &str) -> u16 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals: String = decimals.chars().chain("000".chars()).take(3).collect();
    match (whole, decimals.parse()) {
        ("0", Ok(thousandths)) => thousandths,
        _ => MOST,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn weight(header: &'static str, kind: &str) -> u16 {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(header));
        Accept::of(&headers).weight(kind)
    }

    #[test]
    fn the_range_that_says_most_counts() {
        let header = "text/*;q=0.3, text/html ; Q=0.75, text/plain;q=0,*/*;q=0.05";
        assert_eq!(weight(header, "text/html"), 750);
        assert_eq!(weight(header, "text/css"), 300);
        assert_eq!(weight(header, "text/plain"), 0);
        assert_eq!(weight(header, "application/json"), 50);
    }

    #[test]
    fn what_is_not_named_is_not_taken_unless_nothing_is() {
        assert_eq!(weight("Text/HTML", "application/json"), 0);
        assert_eq!(weight("Text/HTML", "text/html"), MOST);
        assert_eq!(Accept::of(&HeaderMap::new()).weight("text/html"), MOST);
    }

    #[test]
    fn a_weight_that_is_none_is_the_greatest() {
        for header in [
            "a/b;q=",
            "a/b;q=x",
            "a/b;q=2",
            "a/b;q=1.000",
            "a/b;v=0",
            "a/b;q=0.x",
        ] {
            assert_eq!(weight(header, "a/b"), MOST, "{header}");
        }
        for header in ["a/b;q=0", "a/b;q=0.", "a/b;q=0.000", "a/b;v=1;q=0.0"] {
            assert_eq!(weight(header, "a/b"), 0, "{header}");
        }
    }
}

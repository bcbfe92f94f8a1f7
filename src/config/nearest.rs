//! "Did you mean": the known name nearest to one that is not.

/// Below this similarity (0 to 1) a name is no likely misspelling of another.
const LIKELY: f64 = 0.85;

/// The candidate most like `name`, or `None` where none is near.
///
/// The last part of a dotted key is compared alone too, so that a key in the wrong table is found.
pub(super) fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    candidates
        .map(|candidate| (similarity(name, &candidate), candidate))
        .filter(|(similarity, _)| *similarity >= LIKELY)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

fn similarity(name: &str, candidate: &str) -> f64 {
    let whole = strsim::jaro_winkler(distinctive(name), distinctive(candidate));
    let last = strsim::jaro_winkler(last_part(name), last_part(candidate));
    if name.contains('.') || candidate.contains('.') {
        // A name that fits as a whole is better advice than one of another table.
        whole.max(last * 0.99)
    } else {
        whole
    }
}

/// Every variable begins with this, which would make all of them look alike.
fn distinctive(name: &str) -> &str {
    name.strip_prefix("AMBIT_").unwrap_or(name)
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::definitions;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let variable = |name| nearest(name, definitions::variables());
        assert_eq!(variable("AMBIT_LISTENN").as_deref(), Some("AMBIT_LISTEN"));
        assert_eq!(variable("AMBIT_ISSUER_URL").as_deref(), Some("ISSUER_URL"));
        assert_eq!(
            variable("AMBIT_ADMIN_PASWORD").as_deref(),
            Some("AMBIT_ADMIN_PASSWORD")
        );
        assert_eq!(
            variable("AMBIT_REQUEST_TIMEOUT").as_deref(),
            Some("AMBIT_REQUEST_TIMEOUT_SECONDS")
        );
        assert_eq!(variable("AMBIT_ZZZ"), None);
    }

    #[test]
    fn a_key_in_the_wrong_table_is_found() {
        let key = |name| nearest(name, definitions::keys().map(str::to_owned));
        assert_eq!(key("listen").as_deref(), Some("server.listen"));
        assert_eq!(
            key("server.private_key").as_deref(),
            Some("keys.private_key")
        );
        assert_eq!(key("server.isuer").as_deref(), Some("server.issuer"));
        assert_eq!(key("quux.zzz"), None);
    }
}

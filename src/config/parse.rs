//! Readers of single values that several sections share.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

const SECONDS_A_DAY: u64 = 86_400;

/// A whole number within `range`.
pub(super) fn number<T>(text: &str, range: RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + Display,
{
    text.trim()
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            format!(
                "must be a whole number from {} to {}",
                range.start(),
                range.end()
            )
        })
}

/// Whole seconds within `range`.
pub(super) fn seconds(text: &str, range: RangeInclusive<u64>) -> Result<Duration, String> {
    number(text, range).map(Duration::from_secs)
}

/// Whole days within `range`; 0 means never.
pub(super) fn days_or_never(
    text: &str,
    range: RangeInclusive<u64>,
) -> Result<Option<Duration>, String> {
    let days = number(text, range)?;
    let interval = Duration::from_secs(days.saturating_mul(SECONDS_A_DAY));
    Ok((days > 0).then_some(interval))
}

/// `true` or `false`.
pub(super) fn flag(text: &str) -> Result<bool, String> {
    text.trim()
        .parse()
        .map_err(|_| "must be true or false".to_owned())
}

/// A path, which need not exist yet.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err("must be a path".to_owned());
    }
    Ok(PathBuf::from(text))
}

/// An absolute URI without a fragment: a resource identifier (RFC 8707, section 2).
pub(super) fn resource(text: &str) -> Result<String, String> {
    let absolute =
        text.chars().all(|character| character.is_ascii_graphic()) && Url::parse(text).is_ok();
    if !absolute {
        return Err("must be an absolute URI".to_owned());
    }
    if text.contains('#') {
        return Err("must be a URI without a fragment".to_owned());
    }
    Ok(text.to_owned())
}

/// Cores that this process may use; 1 where the system does not tell.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
